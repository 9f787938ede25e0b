import * as tf from '@tensorflow/tfjs-core';
import type { DistillationTargets } from '../layers/head/distilled-head.js';
import type { LanguageHead } from '../layers/head/language-head.js';
import type { Pass } from '../layers/prepared-layers.js';
import type { Positions } from '../layers/rotary-positions.js';
import type { Saved } from '../layers/sublayer.js';
import { splitTargets, type TokenBatch, targetWeights } from '../token-batch.js';

export interface Backpropagated {
  /** Cross entropy of each target, `[N]`. */
  readonly nll: tf.Tensor;
  /** Divergence from the teacher of `distil`, `[N]`. */
  readonly kl?: tf.Tensor | undefined;
  /** dL/dz for the mean loss `L`, sublayer by sublayer, units in permuted order. */
  readonly dz: tf.Tensor;
  /** dL/dscale of the norms, sublayer by sublayer, the final one last. */
  readonly dNorms?: tf.Tensor | undefined;
  /** Of the LoRA factors of the computed units, sublayer by sublayer. */
  readonly dLora?: tf.Tensor | undefined;
  /** Weight times gradient of the computed units' rows, sublayer by sublayer. */
  readonly dWeights?: tf.Tensor | undefined;
  /** Gram matrices of the gradients at the sublayers' outputs, sublayer by sublayer, `[d, d]` each. */
  readonly outputGrams?: tf.Tensor | undefined;
}

/**
 * One pass forward and one back through the layers. Saved tensors are freed as soon as the way back has used them. Below
 * the first sublayer nothing has a gradient, so none is computed there.
 *
 * @param norm the final norm, `[d]`.
 * @param wanted `pruned`: gate gradients of pruned units too; `tuning`: those of norm scales and LoRA factors;
 *   `distil`: targets in place of those of the batch, with `tuning`; `weights`: products of weights and their gradients; `outputs`: Gram matrices of gradients at outputs.
 */
export function backpropagate(
  head: LanguageHead,
  passes: readonly Pass[],
  norm: tf.Tensor,
  batch: TokenBatch,
  positions: Positions,
  {
    pruned,
    tuning,
    weights = false,
    outputs = false,
    distil,
  }: {
    readonly pruned: boolean;
    readonly tuning: boolean;
    readonly weights?: boolean;
    readonly outputs?: boolean;
    readonly distil?: DistillationTargets;
  },
): Backpropagated {
  const { inputs, targets } = splitTargets(batch);
  const saves: { x: tf.Tensor; saved: Saved }[] = [];
  let x = head.embed(inputs); // [N, d]
  for (const { sublayer, tensors } of passes) {
    const { y, saved } = sublayer.forwardSaving(x, tensors, positions, pruned);
    saves.push({ x, saved });
    x = y;
  }
  const { teacher } = batch;
  const { nll, kl, dx, dNormScales } = distil
    ? tf.tidy(() => head.distilScales(x, norm, distil))
    : {
        kl: undefined,
        ...head.crossEntropy(x, norm, targets, { tuning, teacher, weights: targetWeights(batch) }),
      };
  const gates: tf.Tensor[] = [];
  const norms = dNormScales ? [dNormScales] : [];
  const loras: tf.Tensor[] = [];
  const products: tf.Tensor[] = [];
  const grams: tf.Tensor[] = [];
  let dy = dx;
  for (let i = passes.length - 1; i >= 0; i--) {
    const { sublayer, tensors } = passes[i]!;
    const { x: input, saved } = saves[i]!;
    if (outputs) grams.unshift(tf.matMul(dy, dy, true, false));
    const wanted = { input: i > 0, tuning, weights };
    const gradient = sublayer.backward(dy, input, tensors, positions, saved, wanted);
    const { dx: below, dz, dNormScales: ofNorm, dLora, dWeights } = gradient;
    gates.unshift(dz);
    if (ofNorm) norms.unshift(ofNorm);
    if (dLora) loras.unshift(dLora);
    if (dWeights) products.unshift(dWeights);
    dy.dispose();
    tf.dispose([input, ...Object.values(saved).filter((t) => t !== undefined)]);
    if (below) dy = below;
  }
  return {
    nll,
    kl,
    dz: tf.concat(gates),
    dNorms: tuning ? tf.concat(norms) : undefined,
    dLora: loras.length > 0 ? tf.concat(loras) : undefined,
    dWeights: products.length > 0 ? tf.concat(products) : undefined,
    outputGrams: grams.length > 0 ? tf.stack(grams) : undefined,
  };
}
