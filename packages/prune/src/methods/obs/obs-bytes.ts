import type { DecoderConfig } from '@grasp/decoder';
import { outputMatrices } from '../output-matrices.js';

/** Gram matrices that are held at once, in bytes; one alone may be larger. */
export const MAX_GRAM_BYTES = 2 ** 30;

/**
 * Matrices `[n, n]` while units of one output matrix are removed: in float64 the damped Gram matrix, the identity and the
 * solver's copies of both, factor and result; in float32 two inverses and one on its way.
 */
const BYTES_PER_ENTRY = 6 * 8 + 3 * 4;

/** Memory of `obsWithin` beside the model and its passes, in bytes. */
export function obsBytes(config: DecoderConfig, by: 'loss' | 'output'): number {
  const matrices = outputMatrices(config);
  const entries = matrices.map(({ columns }) => columns ** 2);
  const largest = Math.max(0, ...entries);
  const all = entries.reduce((sum, n) => sum + n, 0);
  const grams = Math.min(8 * all, Math.max(MAX_GRAM_BYTES, 8 * largest));
  const moments = by === 'loss' ? 4 * config.hiddenSize ** 2 * matrices.length : 0;
  return grams + moments + BYTES_PER_ENTRY * largest;
}
