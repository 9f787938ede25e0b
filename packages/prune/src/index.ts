export { describeModel, type ModelDescription } from './describe-model.js';
export { type BackendName, type Engine, EngineError, type EngineOptions, openEngine } from './engine.js';
export { claimOutputFolder, type OutputFolder, OutputFolderError } from './output-folder.js';
export { type PruneSettings, parseSettings, SettingsError, settingsSchema } from './settings.js';
