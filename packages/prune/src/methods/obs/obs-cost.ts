import type { DecoderConfig } from '@grasp/decoder';
import { outputMatrices } from '../output-matrices.js';

/**
 * Float32 matrices `[n, n]` while units of one output matrix are removed: its second moments on the device, those that were
 * read and damped, two inverses, one on its way, and parts of an inversion.
 */
const MATRICES = 8;

/**
 * Memory of `obsWithin` beside the model, in bytes.
 *
 * @param by `loss`: with the second moments of gradients at outputs.
 * @param tokens of the text that it reads.
 */
export function obsBytes(config: DecoderConfig, by: 'loss' | 'output', tokens: number): number {
  const matrices = outputMatrices(config);
  const largest = Math.max(0, ...matrices.map(({ columns }) => columns));
  const d = config.hiddenSize;
  const moments = by === 'loss' ? matrices.length * d ** 2 : 0;
  return 4 * (MATRICES * largest ** 2 + moments + tokens * d);
}

/**
 * Floating-point operations of `obsWithin` in matrix products, beside those of the model.
 *
 * @param tokens of the text that it reads.
 * @param keep share of the units that stay.
 */
export function obsOperations(config: DecoderConfig, tokens: number, keep: number): number {
  const d = config.hiddenSize;
  const perMatrix = ({ columns: n }: { readonly columns: number }) => {
    const moments = 2 * tokens * n ** 2;
    const inversion = (4 / 3) * n ** 3;
    const removals = 2 * (1 - keep) * n * (n ** 2 + 2 * n * d);
    return moments + inversion + removals;
  };
  return outputMatrices(config).reduce((sum, matrix) => sum + perMatrix(matrix), 0);
}
