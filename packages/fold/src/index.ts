export type { UnitSlice } from './unit-slice.js';
