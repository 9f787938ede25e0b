export { type AcquireOptions, acquireLibrary } from './acquire-library.js';
export type { AttributeValue } from './attributes.js';
export { type BuildKind, tensorFlowVersion } from './builds.js';
export { type Diagnosis, diagnose, type Finding } from './diagnose.js';
export type { Device } from './eager-context.js';
export {
  RecordingError,
  type RecordingProblem,
  type SetupProblem,
  TensorFlowOpError,
  TensorFlowSetupError,
  UnsupportedTensorError,
  WorkerLostError,
} from './errors.js';
export { defaultCacheDir, type LibraryLocation } from './library-location.js';
export { type OpenOptions, openTensorFlow, type TensorFlow, type TensorFlowInfo } from './open-tensorflow.js';
export type { OnProgress, Progress } from './progress.js';
export type { RecordedFunction, RecordOptions, TensorFunction } from './record.js';
export { type Served, type ServeOptions, serveTensorFlow } from './serve.js';
