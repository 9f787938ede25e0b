export { hasShared, sharedPath } from './shared.js';
