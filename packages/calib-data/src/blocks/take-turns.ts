import { DataOptionError } from '../errors.js';
import { sha256OfIds } from './token-batch.js';
import type { TokenBlocks } from './token-blocks.js';

/**
 * Takes blocks of two texts in turn, starting with the first text. If one text ends, the rest comes from the other.
 *
 * @param count maximum number of blocks. Default all.
 * @returns ids `[blocks, length]`.
 * @throws DataOptionError if the block lengths differ.
 */
export function takeTurns(
  first: TokenBlocks,
  second: TokenBlocks,
  count = Number.POSITIVE_INFINITY,
): TokenBlocks {
  const [, length] = first.shape;
  if (second.shape[1] !== length)
    throw new DataOptionError('length', second.shape[1], `${length}, the block length of the first text`);
  const total = Math.min(count, first.shape[0] + second.shape[0]);
  const ids = new Int32Array(total * length);
  const taken = [0, 0] as [number, number];
  for (let i = 0; i < total; i++) {
    const left = [first, second].map(({ shape }, text) => shape[0] - taken[text]!) as [number, number];
    const text = left[0] > 0 && (i % 2 === 0 || left[1] === 0) ? 0 : 1;
    const start = taken[text]++ * length;
    ids.set([first, second][text]!.ids.subarray(start, start + length), i * length);
  }
  return {
    ids,
    shape: [total, length],
    fingerprint: sha256OfIds(ids),
    description: `${taken[0]} blocks of ${first.description}, in turn with ${taken[1]} of ${second.description}`,
  };
}
