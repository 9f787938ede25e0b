import { type DecoderView, type ProjectionName, projectionName, type TokenBatch } from '@grasp/decoder';
import { activationStatistics } from './activation-statistics.js';

/** The matrices that read each observed tensor of a layer. */
const READERS: Readonly<Record<string, readonly ProjectionName[]>> = {
  'attention.normed': ['q', 'k', 'v'],
  'attention.heads': ['o'],
  'ffn.normed': ['gate', 'up'],
  'ffn.hidden': ['down'],
};

/**
 * Importance of the input columns of all matrices of the layers: the mean square of the activations that a column meets. These
 * are the values of llama.cpp's importance matrix, for `writeGguf` of `@grasp/export`. Embedding and head have none, as by
 * llama.cpp's default.
 *
 * @param onBatch called with the number of batches that were read, and of all.
 * @returns values by Hugging Face name of the matrix, one per column.
 */
export async function inputImportance(
  view: DecoderView,
  batches: readonly TokenBatch[],
  onBatch?: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, Float32Array>> {
  function* counted(): Generator<TokenBatch> {
    for (const [index, batch] of batches.entries()) {
      if (index > 0) onBatch?.(index, batches.length);
      yield batch;
    }
    onBatch?.(batches.length, batches.length);
  }
  const sites = Object.keys(READERS).map((site) => `layers.*.${site}`);
  const statistics = await activationStatistics(view, counted(), sites);
  const importance = new Map<string, Float32Array>();
  for (const [site, { mean, variance }] of statistics) {
    const [, layer, tensor] = /^layers\.(\d+)\.(.+)$/.exec(site)!;
    const values = Float32Array.from(mean, (value, column) => value ** 2 + variance[column]!);
    for (const matrix of READERS[tensor!]!)
      importance.set(projectionName(Number(layer), matrix, 'weight'), values);
  }
  return importance;
}
