export { mulberry32 } from './mulberry32.js';
export { Random } from './random.js';
