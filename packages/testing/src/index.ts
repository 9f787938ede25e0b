export { type Difference, difference, expectClose } from './difference.js';
export { normals, random } from './random.js';
export { hasShared, sharedPath } from './shared.js';
