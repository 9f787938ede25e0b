export type { AttributeValue } from './attributes.js';
export { RecordingError, TensorFlowOpError, UnsupportedTensorError } from './errors.js';
export { type OpenOptions, openTensorFlow, type TensorFlow } from './open-tensorflow.js';
export type { RecordedFunction } from './record.js';
