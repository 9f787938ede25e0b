import type { DecoderParts } from '../decoder-parts.js';
import { DecoderInputError } from '../errors.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { loraOfKept, splitParameters } from '../layers/split-parameters.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { splitTargets } from '../token-batch.js';
import { checkTrainingBatch, type TrainingBatch, tokenWeights } from '../training/training-batch.js';
import { backpropagate } from './backpropagation.js';
import { nonFiniteError } from './non-finite.js';

/** Losses of a distillation under fixed weights, and its gradients. */
export interface DistilGradients {
  /** Mean negative log-likelihood of the next tokens, in nats. */
  readonly nll: number;
  /** Mean divergence from the teacher; undefined without a teacher. */
  readonly kl: number | undefined;
  /** As in `DecoderParameters`. */
  readonly norms: Float32Array;
  readonly lora: Float32Array;
}

/** See `Decoder.distilGradients`. */
export async function distilGradients(
  parts: DecoderParts,
  parameters: DecoderParameters,
  batches: readonly TrainingBatch[],
): Promise<DistilGradients> {
  if (!parameters.lora) throw new DecoderInputError('Gradients of LoRA need LoRA factors.');
  if (batches.length === 0) throw new DecoderInputError('A training step needs a batch; received none.');
  for (const batch of batches) checkTrainingBatch(parts.config, batch);
  const split = splitParameters(parts, parameters, 'kept');
  const weights = tokenWeights(batches);
  const totals: Float32Array[] = [];
  let [nll, kl] = [0, 0];
  for (const [at, batch] of batches.entries()) {
    const own = weights[at]!;
    const { inputs, targets, tokens } = splitTargets(batch);
    const { teacher, share = 0 } = batch.distil ?? {};
    const layers = new PreparedLayers(parts, split);
    try {
      const found = layers.run((passes) => {
        const { ids, shape } = batch;
        const places = parts.positions.range(0, tokens, shape[1]);
        const distil = { next: targets, weights: own, teacher, share };
        const wanted = { pruned: false, tuning: true, distil };
        const pass = backpropagate(parts.head, passes, layers.norm, { ids, shape }, places, wanted);
        return { losses: [pass.nll, ...(pass.kl ? [pass.kl] : [])], gradients: [pass.dNorms!, pass.dLora!] };
      });
      const read = await Promise.all([...found.losses, ...found.gradients].map(readTensor));
      const mean = (values: Float32Array) => values.reduce((sum, x, i) => sum + x * own[i]!, 0);
      nll += mean(read[0]!);
      if (teacher) kl += mean(read[1]!);
      if (!Number.isFinite(nll + kl)) throw await nonFiniteError(parts, layers, inputs, tokens);
      for (const [i, gradient] of read.slice(-2).entries()) {
        const sum = totals[i];
        if (sum) for (let j = 0; j < sum.length; j++) sum[j]! += gradient[j]!;
        else totals[i] = Float32Array.from(gradient);
      }
    } finally {
      layers.dispose();
    }
  }
  const taught = batches.some(({ distil }) => distil !== undefined);
  return { nll, kl: taught ? kl : undefined, norms: totals[0]!, lora: loraOfKept(parts, split, totals[1]!) };
}
