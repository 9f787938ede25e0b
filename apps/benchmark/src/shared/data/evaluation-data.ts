import { DatasetError, type TokenBlocks } from '@grasp/calib-data';
import type { DecoderConfig } from '@grasp/decoder';
import { TaskDataError, type TaskQuestion, taskNamed, taskQuestions } from '@grasp/eval';
import type { Tokenizer } from '@grasp/tokenizer';
import type { NamedText } from './named-text.js';
import { windowsOf } from './token-blocks.js';

/** What a model is evaluated on. */
export interface EvaluationData {
  /** Windows by the name of their text, `[n, T]` token ids. */
  readonly texts: ReadonlyMap<string, TokenBlocks>;
  readonly tasks: ReadonlyMap<string, readonly TaskQuestion[]>;
  /** One line for each text or task that is not available. */
  readonly missing: readonly string[];
}

export interface EvaluationOptions {
  readonly texts: readonly NamedText[];
  readonly tasks: readonly string[];
  /** Folder with the items of the tasks. Default: the Hugging Face Hub. */
  readonly data?: string | undefined;
  /** Maximum windows of each text. */
  readonly windows?: number | undefined;
  /** Maximum items of each task. */
  readonly limit?: number | undefined;
}

/** Reads texts and tasks. A data set that is not available is listed in `missing` instead of ending the run. */
export async function readEvaluation(
  options: EvaluationOptions,
  tokenizer: Tokenizer,
  config: DecoderConfig,
): Promise<EvaluationData> {
  const missing: string[] = [];
  const taskData = {
    ...(options.data === undefined ? {} : { folder: options.data }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
  const texts = new Map<string, TokenBlocks>();
  for (const text of options.texts) {
    const blocks = await orMissing(() => windowsOf(text, tokenizer, config, options.windows), missing);
    if (blocks) texts.set(text.name, blocks);
  }
  const tasks = new Map<string, readonly TaskQuestion[]>();
  for (const task of options.tasks) {
    const questions = await orMissing(() => taskQuestions(taskNamed(task), taskData), missing);
    if (questions) tasks.set(task, questions);
  }
  return { texts, tasks, missing };
}

async function orMissing<T>(read: () => Promise<T>, missing: string[]): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DatasetError || error instanceof TaskDataError)) throw error;
    missing.push(error.message);
    return undefined;
  }
}
