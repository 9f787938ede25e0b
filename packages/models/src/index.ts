export { modelCache } from './cache.js';
export { findModel, MODELS } from './catalogue/catalogue.js';
export type { NamedModel, WheelPart } from './catalogue/named-model.js';
export { ModelError, type ModelProblem } from './errors.js';
export { type FetchModelOptions, fetchModel, hubPage, isCached, type ModelEvent } from './fetch-model.js';
export { localModel, modelNamed } from './local-model.js';
