import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  CORPUS_NAMES,
  type CorpusName,
  corpus,
  DataFileError,
  evaluationSplit,
  evaluationWindows,
  rows,
  sha256OfIds,
  type TextSource,
  type TokenBlocks,
  takeTurns,
  textFile,
  tokenBlocks,
} from '@grasp/calib-data';
import type { DecoderConfig } from '@grasp/decoder';
import type { Tokenizer } from '@grasp/tokenizer';

const isCorpus = (name: string): name is CorpusName => (CORPUS_NAMES as readonly string[]).includes(name);

/**
 * A text by path, or by the name of a corpus on the Hub: `wikitext2`, `ptb:validation`.
 *
 * @throws DataFileError if there is neither such a file nor such a corpus
 */
export function textSource(argument: string, split: 'train' | 'evaluation', column?: string): TextSource {
  if (existsSync(argument)) return textFile(argument, column === undefined ? {} : { column });
  const [name = '', named] = argument.split(':');
  if (isCorpus(name)) return corpus(name, named ?? (split === 'train' ? 'train' : evaluationSplit(name)));
  const corpora = CORPUS_NAMES.join(', ');
  throw new DataFileError(
    argument,
    `there is no such file, and no corpus of that name. Corpora: ${corpora}.`,
  );
}

/** Names of texts in tables: file names, or paths where two files have the same name. */
export function textNames(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const name = basename(path);
    const others = paths.filter((other) => resolve(other) !== resolve(path));
    return others.some((other) => basename(other) === name) ? path : name;
  });
}

/** The first `count` blocks, or all if there are fewer. */
function firstBlocks(blocks: TokenBlocks, count: number): TokenBlocks {
  const [available, length] = blocks.shape;
  if (count >= available) return blocks;
  const { ids } = rows(
    blocks,
    Uint32Array.from({ length: count }, (_, row) => row),
  );
  const description = `first ${count} of ${blocks.description}`;
  return { ids, shape: [count, length], fingerprint: sha256OfIds(ids), description };
}

/** Calibration blocks of all sources, alternating with blocks of `mixed`; at most `blocks` in all. */
export async function calibrationBlocks(
  sources: readonly TextSource[],
  tokenizer: Tokenizer,
  { vocabSize }: Pick<DecoderConfig, 'vocabSize'>,
  {
    length,
    blocks,
    mixed = [],
  }: { readonly length: number; readonly blocks: number; readonly mixed?: readonly TextSource[] | undefined },
): Promise<TokenBlocks> {
  const text = await tokenBlocks(sources, tokenizer, { length, vocabSize });
  if (mixed.length === 0) return firstBlocks(text, blocks);
  return takeTurns(text, await tokenBlocks(mixed, tokenizer, { length, vocabSize }), blocks);
}

/** At most `most` windows of a text for perplexity, no longer than the model's context. */
export async function perplexityWindows(
  source: TextSource,
  tokenizer: Tokenizer,
  { vocabSize, contextLength }: Pick<DecoderConfig, 'vocabSize' | 'contextLength'>,
  {
    window,
    most = Number.POSITIVE_INFINITY,
  }: { readonly window: number; readonly most?: number | undefined },
): Promise<TokenBlocks> {
  const length = Math.min(window, contextLength);
  return firstBlocks(await evaluationWindows(source, tokenizer, { length, vocabSize }), most);
}
