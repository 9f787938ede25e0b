export { type Agreement, agreement, type Difference, relativeDifference } from './agreement/agreement.js';
export type { HarnessMetrics, HarnessSample, HarnessTask } from './agreement/samples.js';
export { HarnessError, PythonError } from './errors.js';
export { HARNESS_REQUIREMENTS, HARNESS_VERSION, type Harness, openHarness } from './harness.js';
export { pythonEnvironment } from './python/python-environment.js';
export type { PythonOptions, PythonProgress } from './python/python-options.js';
export { type HarnessProgress, type HarnessRun, runHarness } from './run-harness.js';
export { withTransformersFolder } from './transformers-folder.js';
