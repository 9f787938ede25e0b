export { type Agreement, agreement, type Difference, relativeDifference } from './agreement.js';
export { HarnessError, PythonError } from './errors.js';
export { HARNESS_REQUIREMENTS, HARNESS_VERSION, type Harness, openHarness } from './harness.js';
export { pythonEnvironment } from './python-environment.js';
export type { PythonOptions, PythonProgress } from './python-options.js';
export { type HarnessProgress, type HarnessRun, runHarness } from './run-harness.js';
export type { HarnessMetrics, HarnessSample, HarnessTask } from './samples.js';
export { withTransformersFolder } from './transformers-folder.js';
