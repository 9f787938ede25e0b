import { DataOptionError } from '../errors.js';
import { gatherBlocks } from './gather-blocks.js';
import { seededOrder } from './seeded-order.js';
import type { TokenBlocks } from './token-blocks.js';

export interface MixOptions {
  /** Number of blocks. */
  readonly count: number;
  /** Share of each text, in any unit. Default: its number of blocks, so that all blocks are seen equally often. */
  readonly weights?: readonly number[] | undefined;
  readonly seed: number;
}

/**
 * Blocks of several texts in the order in which a training sees them: the texts in proportion to their weights at every
 * point, the blocks of each shuffled. No block of a text repeats before all of its blocks have been seen; then it is shuffled
 * anew. A larger count continues a smaller one.
 *
 * @returns ids `[count, length]`.
 * @throws DataOptionError if block lengths differ, or weights do not fit.
 */
export function mixTexts(texts: readonly TokenBlocks[], { count, weights, seed }: MixOptions): TokenBlocks {
  const [first] = texts;
  if (!first) throw new DataOptionError('texts', 0, 'at least one text');
  const length = first.shape[1];
  for (const { shape } of texts) {
    if (shape[1] !== length)
      throw new DataOptionError('length', shape[1], `${length}, the block length of the first text`);
  }
  const shares = weights ?? texts.map(({ shape }) => shape[0]);
  if (shares.length !== texts.length || !shares.every((share) => share > 0 && Number.isFinite(share)))
    throw new DataOptionError(
      'weights',
      shares.join(', '),
      `${texts.length} positive numbers, one for each text`,
    );
  const total = shares.reduce((sum, share) => sum + share, 0);
  const taken = texts.map(() => 0);
  const orders: Uint32Array[] = texts.map(() => new Uint32Array(0));
  const blocksOf: [text: number, row: number][] = [];
  for (let i = 0; i < count; i++) {
    // The text that is furthest behind its share.
    const behind = shares.map((share, text) => ((i + 1) * share) / total - taken[text]!);
    const text = behind.indexOf(Math.max(...behind));
    const blocks = texts[text]!.shape[0];
    const [round, place] = [Math.floor(taken[text]! / blocks), taken[text]! % blocks];
    if (place === 0) orders[text] = seededOrder(blocks, (seed + 7919 * text + 104729 * round) >>> 0);
    blocksOf.push([text, orders[text]![place]!]);
    taken[text]!++;
  }
  const parts = texts.map(({ description }, text) => `${taken[text]} blocks of ${description}`);
  const description = `${parts.join(', mixed with ')}; shuffled, seed ${seed}`;
  return gatherBlocks(texts, blocksOf, description);
}
