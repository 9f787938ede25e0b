import * as tf from '@tensorflow/tfjs-core';
import type { DistillationTargets } from '../layers/head/distilled-head.js';
import type { LanguageHead } from '../layers/head/language-head.js';
import type { Pass } from '../layers/prepared-layers.js';
import type { Positions } from '../layers/rotary-positions.js';
import type { Saved } from '../layers/sublayer.js';

/** Gradients by the names that the weights have in their sublayer. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

export interface TrainingPass {
  readonly nll: tf.Tensor; //            [N]
  readonly kl: tf.Tensor | undefined; // [N]
  /** Of each sublayer, from the bottom up. */
  readonly sublayers: readonly Gradients[];
  readonly head: Gradients;
}

/**
 * One pass forward and one back, with the gradients of all weights. Saved tensors are freed as soon as the way back has
 * used them, so gradients take the place of activations.
 *
 * @param norm the final norm, `[d]`.
 * @param ids the tokens that the model reads.
 * @param embedding whether the embedding and the head have gradients too.
 */
export function trainingPass(
  head: LanguageHead,
  passes: readonly Pass[],
  norm: tf.Tensor,
  ids: Int32Array,
  targets: DistillationTargets,
  positions: Positions,
  embedding: boolean,
): TrainingPass {
  const saves: { x: tf.Tensor; saved: Saved }[] = [];
  let x = head.embed(ids); // [N, d]
  for (const { sublayer, tensors } of passes) {
    const { y, saved } = sublayer.forwardSaving(x, tensors, positions, false);
    saves.push({ x, saved });
    x = y;
  }
  const { nll, kl, dx, dNorm, dHead } = tf.tidy(() => head.distil(x, norm, targets, embedding));
  x.dispose();
  const sublayers: Gradients[] = [];
  let dy = dx;
  for (let i = passes.length - 1; i >= 0; i--) {
    const { sublayer, tensors } = passes[i]!;
    const { x: input, saved } = saves[i]!;
    const { dx: below, gradients } = sublayer.weightGradients(dy, input, tensors, positions, saved);
    sublayers.unshift(gradients);
    tf.dispose([dy, input, ...Object.values(saved).filter((t) => t !== undefined)]);
    dy = below;
  }
  const ofHead = new Map([['norm', dNorm]]);
  if (embedding && dHead) {
    const dEmbedding = head.embeddingGradient(ids, dy);
    if (head.tied) ofHead.set('embedding', tf.add(dEmbedding, dHead));
    else ofHead.set('embedding', dEmbedding).set('head', dHead);
  }
  return { nll, kl, sublayers, head: ofHead };
}
