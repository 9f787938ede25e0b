export type { AttributeValue } from './c-api/attributes.js';
export type { Device } from './eager/eager-context.js';
export {
  DisposedTensorError,
  RecordingError,
  type RecordingProblem,
  type SetupProblem,
  TensorFlowClosedError,
  TensorFlowOpError,
  TensorFlowSetupError,
  UnsupportedTensorError,
  WorkerLostError,
} from './errors.js';
export type { RecordedFunction, RecordOptions, TensorFunction } from './graph/record.js';
export { type AcquireOptions, acquireLibrary } from './library/acquire-library.js';
export { type BuildKind, tensorFlowVersion } from './library/builds.js';
export { type Diagnosis, diagnose, type Finding } from './library/diagnose.js';
export type { LibraryLocation } from './library/library-location.js';
export type { OnProgress, Progress } from './library/progress.js';
export { type OpenOptions, openTensorFlow } from './open-tensorflow.js';
export type { KernelTime } from './profile/kernel-times.js';
export type { TensorFlow, TensorFlowInfo } from './tensorflow.js';
export { type Served, type ServeOptions, serveTensorFlow } from './workers/serve.js';
