import { checkIds } from '@grasp/calib-data';
import type { Tokenizer } from '@grasp/tokenizer';
import { TaskItemError } from '../errors.js';
import type { ContinuationGroup, LanguageModel } from '../model/language-model.js';
import type { Task } from '../tasks/task.js';
import type { TaskQuestion } from '../tasks/task-questions.js';
import { encodePrompt, truncateLeft } from './encode-prompt.js';

/** A question as token ids. */
export interface EncodedQuestion {
  readonly question: TaskQuestion;
  /** Choices in order. Consecutive choices with the same context form one group. */
  readonly groups: readonly ContinuationGroup[];
  /** Rows that the model reads for the question, and the length of the longest in ids. */
  readonly rows: number;
  readonly width: number;
}

/**
 * Encodes a question for a model. If the model has `scoreContinuations`, a context and all its continuations count as one
 * row; otherwise each choice is a row.
 *
 * @throws TaskItemError if a choice or its context has no token, or a choice does not fit into the model's context;
 *   TokenIdError.
 */
export async function encodeQuestion(
  question: TaskQuestion,
  task: Task,
  tokenizer: Tokenizer,
  { contextLength, scoreContinuations }: LanguageModel,
  vocabSize: number,
): Promise<EncodedQuestion> {
  const fail = (problem: string) => new TaskItemError(task.name, question.item, problem);
  const groups: { context: Int32Array; continuations: Int32Array[] }[] = [];
  const prompts = await Promise.all(question.prompts.map((prompt) => encodePrompt(tokenizer, prompt)));
  for (const [choice, whole] of prompts.entries()) {
    if (whole.context.length === 0) throw fail(`the context of choice ${choice} has no token`);
    if (whole.continuation.length === 0) throw fail(`choice ${choice} has no token of its own`);
    if (whole.continuation.length > contextLength)
      throw fail(
        `choice ${choice} has ${whole.continuation.length} tokens; the model reads ${contextLength} at once`,
      );
    const { context, continuation } = truncateLeft(whole, contextLength);
    checkIds(context, vocabSize);
    checkIds(continuation, vocabSize);
    const last = groups.at(-1);
    if (last && sameIds(last.context, context)) last.continuations.push(continuation);
    else groups.push({ context, continuations: [continuation] });
  }
  const rows = groups.flatMap(({ context, continuations }) => {
    const lengths = continuations.map(({ length }) => length);
    if (!scoreContinuations) return lengths.map((length) => context.length + length);
    return [lengths.reduce((sum, length) => sum + length, context.length)];
  });
  return { question, groups, rows: rows.length, width: Math.max(...rows) };
}

/** Yields batches of whole questions, widest first, of at most `batchTokens` padded ids. */
export function* batchesByLength(
  questions: readonly EncodedQuestion[],
  batchTokens: number,
): Generator<EncodedQuestion[]> {
  const sorted = questions.toSorted((a, b) => b.width - a.width || a.question.item - b.question.item);
  let batch: EncodedQuestion[] = [];
  let rows = 0;
  for (const question of sorted) {
    const width = batch[0]?.width ?? 0;
    if (batch.length > 0 && (rows + question.rows) * width > batchTokens) {
      yield batch;
      batch = [];
      rows = 0;
    }
    batch.push(question);
    rows += question.rows;
  }
  if (batch.length > 0) yield batch;
}

function sameIds(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
