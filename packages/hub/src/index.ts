export type { HubOptions } from './access/access.js';
export { type Dataset, type DatasetFiles, type DatasetOptions, openDataset } from './dataset.js';
export { HubEndpointError, HubError, HubReplyError, PushError, type PushProblem } from './errors.js';
export { type ModelFile, type ModelFileOptions, modelFile } from './model-file.js';
export { pathsBelow } from './paths-below.js';
export { type Pushed, type PushOptions, push } from './push/push.js';
export type { PushEvent } from './push/push-event.js';
