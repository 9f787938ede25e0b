import { evaluationWindows, rows, sha256OfIds, type TokenBlocks, tokenBlocks } from '@grasp/calib-data';
import type { DecoderConfig } from '@grasp/decoder';
import type { Tokenizer } from '@grasp/tokenizer';
import { type NamedText, textSource } from './named-text.js';

/**
 * Calibration blocks of a text, `[n, length]` token ids.
 *
 * @param split split of a corpus; ignored for a file.
 * @param limits tokens of a block, the maximum number of blocks, and the seed of their choice (default: the first ones).
 */
export async function calibrationBlocks(
  text: NamedText,
  split: string,
  tokenizer: Tokenizer,
  { vocabSize }: Pick<DecoderConfig, 'vocabSize'>,
  limits: { readonly length: number; readonly blocks: number; readonly seed?: number },
): Promise<TokenBlocks> {
  const source = textSource(text, () => split);
  const { length, blocks, seed } = limits;
  const chosen = seed === undefined ? {} : { seed };
  return firstRows(await tokenBlocks(source, tokenizer, { length, vocabSize, ...chosen }), blocks);
}

/** Evaluation windows of a text, `[n, T]` token ids, with T the smaller of 2048 and the model's context length. */
export async function windowsOf(
  text: NamedText,
  tokenizer: Tokenizer,
  { vocabSize, contextLength }: Pick<DecoderConfig, 'vocabSize' | 'contextLength'>,
  maxWindows = Number.POSITIVE_INFINITY,
): Promise<TokenBlocks> {
  const length = Math.min(2048, contextLength);
  return firstRows(await evaluationWindows(textSource(text), tokenizer, { length, vocabSize }), maxWindows);
}

function firstRows(blocks: TokenBlocks, maxRows: number): TokenBlocks {
  const [available, length] = blocks.shape;
  if (maxRows >= available) return blocks;
  const { ids } = rows(
    blocks,
    Array.from({ length: maxRows }, (_, row) => row),
  );
  const description = `first ${maxRows} of ${blocks.description}`;
  return { ids, shape: [maxRows, length], fingerprint: sha256OfIds(ids), description };
}
