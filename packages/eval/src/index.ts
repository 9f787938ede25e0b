export type { ContinuationGroup, LanguageModel } from './language-model.js';
