export { accuracy, type Score } from './accuracy.js';
export { roundToBfloat16 } from './bfloat16.js';
export { type EncodedPrompt, encodePrompt } from './encode-prompt.js';
export {
  ModelOutputError,
  NonFiniteError,
  TaskDataError,
  TaskItemError,
  UnknownTaskError,
  WindowTooLongError,
} from './errors.js';
export {
  type EvaluateOptions,
  evaluateQuestions,
  evaluateTasks,
  headline,
  type TaskItemRecord,
  type TaskSummary,
} from './evaluate-tasks.js';
export { ItemFormatError } from './item-fields.js';
export type { ContinuationGroup, LanguageModel } from './language-model.js';
export { lastOf, type PerplexityRecord, perplexity } from './perplexity.js';
export type { Metric, Prompt, Question, Task } from './task.js';
export { type TaskDataOptions, type TaskQuestion, taskQuestions, taskRecords } from './task-questions.js';
export { TASKS, taskNamed } from './tasks/index.js';
