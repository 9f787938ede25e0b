import type { Tokenizer } from '@grasp/tokenizer';
import { NonFiniteError } from '../errors.js';
import type { LanguageModel } from '../model/language-model.js';
import { taskNamed } from '../tasks/index.js';
import type { Task } from '../tasks/task.js';
import { type TaskDataOptions, type TaskQuestion, taskQuestions } from '../tasks/task-questions.js';
import { accuracy, argmax, perCharacter, type Score } from './accuracy.js';
import { batchesByLength, type EncodedQuestion, encodeQuestion } from './encoded-question.js';
import { scoreContinuations } from './score-continuations.js';

/** What the model made of one item. Items come longest first, not in the order of the data. */
export interface TaskItemRecord {
  readonly kind: 'item';
  readonly task: string;
  /** Number in the data, from 0. */
  readonly item: number;
  readonly id?: string;
  /** Of each choice's continuation, summed over its tokens. */
  readonly logLikelihoods: readonly number[];
  /** The likeliest choice. */
  readonly chosen: number;
  /** The choice likeliest per character. */
  readonly chosenNorm: number;
  readonly gold: number;
  /** Items of this task done so far, and in all. */
  readonly done: number;
  readonly items: number;
}

/** Result of a task, after its items. */
export interface TaskSummary {
  readonly kind: 'summary';
  readonly task: string;
  readonly items: number;
  readonly acc: Score;
  /** Absent where lm-evaluation-harness does not report it. */
  readonly accNorm?: Score;
}

export interface EvaluateOptions extends TaskDataOptions {
  /** Ids given to the model at once, padding included; a longer item goes alone. Default 2048. */
  readonly batchTokens?: number;
  /** Ids the model has; default as many as the tokenizer has. */
  readonly vocabSize?: number;
}

/**
 * Zero-shot tasks as lm-evaluation-harness 0.4.13 runs them with no example shots: for each task a record an item,
 * then its summary.
 *
 * @param tasks names, see `TASKS`.
 * @throws UnknownTaskError, TaskDataError, TaskItemError, NonFiniteError naming the item, TokenIdError.
 */
export async function* evaluateTasks(
  model: LanguageModel,
  tokenizer: Tokenizer,
  tasks: readonly string[],
  options: EvaluateOptions = {},
): AsyncGenerator<TaskItemRecord | TaskSummary> {
  for (const task of tasks.map(taskNamed)) {
    const questions = await taskQuestions(task, options);
    yield* evaluateQuestions(model, tokenizer, task, questions, options);
  }
}

/** One task on questions already at hand; see `evaluateTasks`. */
export async function* evaluateQuestions(
  model: LanguageModel,
  tokenizer: Tokenizer,
  task: Task,
  questions: readonly TaskQuestion[],
  options: Pick<EvaluateOptions, 'batchTokens' | 'vocabSize'> = {},
): AsyncGenerator<TaskItemRecord | TaskSummary> {
  const { batchTokens = 2048, vocabSize = tokenizer.vocabSize } = options;
  const encoded: EncodedQuestion[] = [];
  for (const question of questions)
    encoded.push(await encodeQuestion(question, task, tokenizer, model, vocabSize));

  const hits: boolean[] = [];
  const hitsNorm: boolean[] = [];
  for (const batch of batchesByLength(encoded, batchTokens)) {
    const scores = await scoreContinuations(
      model,
      batch.flatMap(({ groups }) => groups),
    );
    let group = 0;
    for (const { question, groups } of batch) {
      const logLikelihoods = groups.flatMap(() => Array.from(scores[group++]!));
      const bad = logLikelihoods.find((value) => !Number.isFinite(value));
      if (bad !== undefined) throw new NonFiniteError(`${task.name}, item ${question.item}`, bad);
      const { item, id, gold } = question;
      const chosen = argmax(logLikelihoods);
      const chosenNorm = argmax(perCharacter(logLikelihoods, question.choices));
      hits.push(chosen === gold);
      hitsNorm.push(chosenNorm === gold);
      yield {
        kind: 'item',
        task: task.name,
        item,
        ...(id === undefined ? {} : { id }),
        logLikelihoods,
        chosen,
        chosenNorm,
        gold,
        done: hits.length,
        items: questions.length,
      };
    }
  }
  const accNorm = task.metrics.includes('acc_norm') ? { accNorm: accuracy(hitsNorm) } : {};
  yield { kind: 'summary', task: task.name, items: hits.length, acc: accuracy(hits), ...accNorm };
}

/** Returns the value that papers report: `acc_norm` if the task has it, otherwise `acc`. */
export function headline(summary: TaskSummary): Score {
  return summary.accNorm ?? summary.acc;
}
