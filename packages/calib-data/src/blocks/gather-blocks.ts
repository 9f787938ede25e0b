import { blocksFingerprint } from './token-batch.js';
import type { TokenBlocks } from './token-blocks.js';

/**
 * Blocks of several texts of one block length, each named by its text and its row. All tokens of a text without a loss mask
 * count, if another text has one.
 *
 * @param texts at least one.
 */
export function gatherBlocks(
  texts: readonly TokenBlocks[],
  blocks: readonly (readonly [text: number, row: number])[],
  description: string,
): TokenBlocks {
  const length = texts[0]!.shape[1];
  const ids = new Int32Array(blocks.length * length);
  const masked = texts.some(({ lossMask }) => lossMask);
  const lossMask = masked ? new Uint8Array(ids.length).fill(1) : undefined;
  for (const [i, [text, row]] of blocks.entries()) {
    const own = texts[text]!;
    const range = [row * length, (row + 1) * length] as const;
    ids.set(own.ids.subarray(...range), i * length);
    if (own.lossMask) lossMask?.set(own.lossMask.subarray(...range), i * length);
  }
  const batch = { ids, shape: [blocks.length, length] as const, ...(lossMask ? { lossMask } : {}) };
  const warnings = texts.flatMap((text) => text.warnings ?? []);
  return {
    ...{ ...batch, fingerprint: blocksFingerprint(batch), description },
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}
