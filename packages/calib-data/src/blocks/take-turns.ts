import { DataOptionError } from '../errors.js';
import { gatherBlocks } from './gather-blocks.js';
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
  const blocks: [text: number, row: number][] = [];
  const taken = [0, 0] as [number, number];
  for (let i = 0; i < total; i++) {
    const left = [first, second].map(({ shape }, text) => shape[0] - taken[text]!) as [number, number];
    const text = left[0] > 0 && (i % 2 === 0 || left[1] === 0) ? 0 : 1;
    blocks.push([text, taken[text]++]);
  }
  const description = `${taken[0]} blocks of ${first.description}, in turn with ${taken[1]} of ${second.description}`;
  return gatherBlocks([first, second], blocks, description);
}
