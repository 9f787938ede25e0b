export { type AcquireOptions, acquireLibrary } from './library/acquire-library.js';
export type { AttributeValue } from './c-api/attributes.js';
export { type BuildKind, tensorFlowVersion } from './library/builds.js';
export { type Diagnosis, diagnose, type Finding } from './library/diagnose.js';
export type { Device } from './eager/eager-context.js';
export {
  RecordingError,
  type RecordingProblem,
  type SetupProblem,
  TensorFlowOpError,
  TensorFlowSetupError,
  UnsupportedTensorError,
  WorkerLostError,
} from './errors.js';
export { defaultCacheDir, type LibraryLocation } from './library/library-location.js';
export { type OpenOptions, openTensorFlow, type TensorFlow, type TensorFlowInfo } from './open-tensorflow.js';
export type { OnProgress, Progress } from './library/progress.js';
export type { RecordedFunction, RecordOptions, TensorFunction } from './graph/record.js';
export { type Served, type ServeOptions, serveTensorFlow } from './workers/serve.js';
