export { claimOutputFolder, type OutputFolder, OutputFolderError } from './output-folder.js';
export { type PruneSettings, parseSettings, SettingsError, settingsSchema } from './settings.js';
