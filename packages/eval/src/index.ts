export {
  ModelOutputError,
  NonFiniteError,
  ProgramRunnerError,
  TaskDataError,
  TaskItemError,
  UnknownTaskError,
  WindowTooLongError,
} from './errors.js';
export { checkingProgram, functionBody, HUMANEVAL_STOPS } from './humaneval/completions.js';
export {
  evaluateHumanEval,
  type HumanEvalItem,
  type HumanEvalOptions,
  type HumanEvalSummary,
} from './humaneval/evaluate-humaneval.js';
export {
  type CodeProblem,
  type CodeProblemOptions,
  codeProblems,
  humanEvalProblems,
} from './humaneval/problems.js';
export type { ContinuationGroup, LanguageModel } from './model/language-model.js';
export { roundToBfloat16 } from './perplexity/bfloat16.js';
export { lastOf, type PerplexityRecord, perplexity } from './perplexity/perplexity.js';
export type { Isolation } from './programs/isolation.js';
export {
  type ProgramLimits,
  type ProgramOutcome,
  type ProgramRunner,
  programRunner,
} from './programs/run-program.js';
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
