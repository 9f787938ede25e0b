import {
  CORPUS_NAMES,
  type CorpusName,
  corpus,
  DatasetError,
  evaluationSplit,
  evaluationWindows,
  rows,
  sha256OfIds,
  type TextSource,
  type TokenBlocks,
  textFile,
  tokenBlocks,
} from '@grasp/calib-data';
import type { DecoderConfig } from '@grasp/decoder';
import { TASKS, TaskDataError, type TaskQuestion, taskNamed, taskQuestions } from '@grasp/eval';
import type { Tokenizer } from '@grasp/tokenizer';
import { BenchOptionError } from '../options/bench-option-error.js';

/** `wikitext2` (from the hub) or `NAME=PATH`. */
export interface NamedText {
  readonly name: string;
  readonly path?: string;
}

export function namedText(argument: string): NamedText {
  const at = argument.indexOf('=');
  return at < 0 ? { name: argument } : { name: argument.slice(0, at), path: argument.slice(at + 1) };
}

/** The rows of a text: of its file, or of the corpus of its name, by default the split to evaluate on. */
export function textSource(
  { name, path }: NamedText,
  splitOf: (name: CorpusName) => string = evaluationSplit,
): TextSource {
  if (path !== undefined) return textFile(path);
  const known = CORPUS_NAMES.find((each) => each === name);
  if (known === undefined) {
    const names = CORPUS_NAMES.join(', ');
    throw new BenchOptionError(
      `${name} is no corpus on the hub (${names}); give a file: ${name}=PATH.`,
      name,
    );
  }
  return corpus(known, splitOf(known));
}

/** Calibration blocks of a corpus, its train split unless told otherwise; at most `most`. */
export async function calibration(
  text: NamedText,
  split: string,
  tokenizer: Tokenizer,
  { vocabSize }: Pick<DecoderConfig, 'vocabSize'>,
  { length, blocks: most }: { readonly length: number; readonly blocks: number },
): Promise<TokenBlocks> {
  return upTo(
    await tokenBlocks(
      textSource(text, () => split),
      tokenizer,
      { length, vocabSize },
    ),
    most,
  );
}

/** Windows of an evaluation text: 2048 tokens, or what the model reads. */
async function windows(
  text: NamedText,
  tokenizer: Tokenizer,
  { vocabSize, contextLength }: Pick<DecoderConfig, 'vocabSize' | 'contextLength'>,
  most = Number.POSITIVE_INFINITY,
): Promise<TokenBlocks> {
  const length = Math.min(2048, contextLength);
  return upTo(await evaluationWindows(textSource(text), tokenizer, { length, vocabSize }), most);
}

/** What of the wanted texts and tasks can be had, and a line for each that cannot. */
export interface EvaluationData {
  readonly texts: ReadonlyMap<string, TokenBlocks>;
  readonly tasks: ReadonlyMap<string, readonly TaskQuestion[]>;
  readonly missing: readonly string[];
}

/** Reads everything before the first model is loaded. Data sets that are not there leave a column empty. */
export async function readEvaluation(
  options: {
    readonly texts: readonly NamedText[];
    readonly tasks: readonly string[];
    readonly data?: string | undefined;
    readonly windows?: number | undefined;
    readonly limit?: number | undefined;
  },
  tokenizer: Tokenizer,
  config: DecoderConfig,
): Promise<EvaluationData> {
  const missing: string[] = [];
  const where = {
    ...(options.data === undefined ? {} : { folder: options.data }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
  const texts = new Map<string, TokenBlocks>();
  for (const text of options.texts) {
    const blocks = await orMissing(() => windows(text, tokenizer, config, options.windows), missing);
    if (blocks) texts.set(text.name, blocks);
  }
  const tasks = new Map<string, readonly TaskQuestion[]>();
  for (const task of options.tasks) {
    const questions = await orMissing(() => taskQuestions(taskNamed(task), where), missing);
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

export const TASK_NAMES = TASKS.map(({ name }) => name);

/** The first `most` rows. */
function upTo(blocks: TokenBlocks, most: number): TokenBlocks {
  const [available, length] = blocks.shape;
  if (most >= available) return blocks;
  const { ids } = rows(
    blocks,
    Array.from({ length: most }, (_, row) => row),
  );
  const description = `first ${most} of ${blocks.description}`;
  return { ids, shape: [most, length], fingerprint: sha256OfIds(ids), description };
}
