export { forTransformers } from './transformers/for-transformers.js';
