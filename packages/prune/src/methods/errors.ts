/** A method, or scores or a mask that were given, cannot choose the units of this run. */
export class MethodError extends Error {
  override readonly name = 'MethodError';
  readonly code = 'GRASP_METHOD';
}
