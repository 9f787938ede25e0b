import { toFloat32 } from '@grasp/checkpoint';
import type { DecoderCheckpoint } from '@grasp/decoder';
import type { BiasUpdate } from '@grasp/fold';
import { MethodError } from './errors.js';
import { hiddenStatistics } from './measures/hidden-statistics.js';
import { outputMatrices } from './output-matrices.js';
import type { MethodInputs } from './pruning-method.js';

/** Name of the bias of a matrix. */
export const biasOf = (tensor: string): string => tensor.replace(/weight$/, 'bias');

/** @throws MethodError if one of these matrices has no bias. */
export function assertBiases({ tensors, decoder }: DecoderCheckpoint, matrices: readonly string[]): void {
  const missing = matrices.map(biasOf).find((bias) => !tensors.has(bias));
  if (missing === undefined) return;
  throw new MethodError(
    `${decoder.architecture.modelType}: FLAP's compensation needs ${missing}, and this model has no such bias. ` +
      'Use the refit instead, which needs none.',
  );
}

/**
 * FLAP's bias compensation (arXiv 2312.11983): for each output matrix `W · mean(h)` over the columns of removed units, so
 * that the mean output of a sublayer stays, as long as its input does. For `changes.biases` of `foldCheckpoint`.
 *
 * @throws MethodError if an output matrix that loses units has no bias in this family of models.
 */
export async function compensatingBiases(
  { model, checkpoint, batches }: Pick<MethodInputs, 'model' | 'checkpoint' | 'batches'>,
  mask: Uint8Array,
): Promise<BiasUpdate[]> {
  const outputs = [...outputMatrices(checkpoint.decoder).entries()].filter(([, { block }]) =>
    mask.subarray(block.start, block.start + block.count).includes(0),
  );
  assertBiases(
    checkpoint,
    outputs.map(([, { tensor }]) => tensor),
  );
  const statistics = await hiddenStatistics(model, batches);
  const updates: BiasUpdate[] = [];
  for (const [index, { tensor, block, width }] of outputs) {
    const { mean } = statistics[index]!;
    const data = await checkpoint.read(tensor);
    const weight = toFloat32(data);
    const [rows, columns] = data.shape as [number, number];
    const added = Float32Array.from({ length: rows }, (_, row) => {
      let sum = 0;
      for (let j = 0; j < columns; j++)
        if (mask[block.start + Math.floor(j / width)] === 0) sum += weight[row * columns + j]! * mean[j]!;
      return sum;
    });
    updates.push({ tensor: biasOf(tensor), added });
  }
  return updates;
}
