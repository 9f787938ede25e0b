/** Steps that run before the first timed one: buffers fill, and functions are recorded or compiled. */
export const WARM_UP_STEPS = 2;
