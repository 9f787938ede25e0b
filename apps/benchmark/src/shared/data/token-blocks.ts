import {
  evaluationWindows,
  gatherBlocks,
  type TokenBlocks,
  type TokenBlocksOptions,
  tokenBlocks,
} from '@grasp/calib-data';
import type { DecoderConfig } from '@grasp/decoder';
import type { Tokenizer } from '@grasp/tokenizer';
import { type NamedText, textSource } from './named-text.js';

/**
 * Calibration blocks of a text, `[n, length]` token ids.
 *
 * @param split split of a corpus; ignored for a file.
 * @param limits tokens of a block, the maximum number of blocks, the seed of their choice (default: the first ones), and what
 *   conversations need.
 */
export async function calibrationBlocks(
  text: NamedText,
  split: string,
  tokenizer: Tokenizer,
  { vocabSize }: Pick<DecoderConfig, 'vocabSize'>,
  limits: {
    readonly length: number;
    readonly blocks: number;
    readonly seed?: number;
    readonly roles?: NonNullable<TokenBlocksOptions['roles']>;
    readonly lossOn?: TokenBlocksOptions['lossOn'] | undefined;
  },
): Promise<TokenBlocks> {
  const source = textSource(text, () => split);
  const { length, blocks, seed, roles, lossOn } = limits;
  const chosen = {
    ...(seed === undefined ? {} : { seed }),
    ...(roles ? { roles } : {}),
    ...(lossOn ? { lossOn } : {}),
  };
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
  const [available] = blocks.shape;
  if (maxRows >= available) return blocks;
  const first = Array.from({ length: maxRows }, (_, row) => [0, row] as const);
  return gatherBlocks([blocks], first, `first ${maxRows} of ${blocks.description}`);
}
