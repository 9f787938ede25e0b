export {
  ModelOutputError,
  NonFiniteError,
  TaskDataError,
  TaskItemError,
  UnknownTaskError,
  WindowTooLongError,
} from './errors.js';
export type { ContinuationGroup, LanguageModel } from './model/language-model.js';
export { roundToBfloat16 } from './perplexity/bfloat16.js';
export { lastOf, type PerplexityRecord, perplexity } from './perplexity/perplexity.js';
export { accuracy, type Score } from './scoring/accuracy.js';
export { type EncodedPrompt, encodePrompt } from './scoring/encode-prompt.js';
export {
  type EvaluateOptions,
  evaluateQuestions,
  evaluateTasks,
  headline,
  type TaskItemRecord,
  type TaskSummary,
} from './scoring/evaluate-tasks.js';
export { TASKS, taskNamed } from './tasks/index.js';
export { ItemFormatError } from './tasks/item-fields.js';
export type { Metric, Prompt, Question, Task } from './tasks/task.js';
export {
  type TaskDataOptions,
  type TaskQuestion,
  taskQuestions,
  taskRecords,
} from './tasks/task-questions.js';
