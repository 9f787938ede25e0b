import * as tf from '@tensorflow/tfjs-core';
import type { LanguageHead } from '../layers/language-head.js';
import type { RotaryTable } from '../math/rotary.js';
import type { Saved, Sublayer } from '../layers/sublayer.js';
import { splitTargets, type TokenBatch } from '../token-batch.js';

export interface Backpropagated {
  /** Cross entropy of each target, `[N]`. */
  readonly nll: tf.Tensor;
  /** dL/dz for the mean `L` of these, sublayer by sublayer, units in arranged order. */
  readonly dz: tf.Tensor;
  /** dL/dgain of the norms, sublayer by sublayer, the final one last. */
  readonly dGain?: tf.Tensor | undefined;
  /** Of the factors of corrections, sublayer by sublayer. */
  readonly dFactors?: tf.Tensor | undefined;
}

/**
 * One pass forward and one back through the model as its gates are set. What the way back has used is freed on the way;
 * below the first sublayer nothing has a gradient, so none is computed.
 *
 * @param wanted whether pruned units' gates have gradients too, and norms' gains
 */
export function backpropagate(
  head: LanguageHead,
  sublayers: readonly Sublayer[],
  batch: TokenBatch,
  rotary: RotaryTable,
  wanted: { readonly pruned: boolean; readonly norm: boolean },
): Backpropagated {
  const { norm } = wanted;
  const { inputs, targets } = splitTargets(batch);
  const passes: { sublayer: Sublayer; x: tf.Tensor; saved: Saved }[] = [];
  let x = head.embed(inputs); // [N, d]
  for (const sublayer of sublayers) {
    const { y, saved } = sublayer.forwardSaving(x, rotary, wanted.pruned);
    passes.push({ sublayer, x, saved });
    x = y;
  }
  const { nll, dx, dGain: finalGain } = head.crossEntropy(x, targets, norm, batch.expected);
  const gradients: tf.Tensor[] = [];
  const gainGradients = finalGain ? [finalGain] : [];
  const factorGradients: tf.Tensor[] = [];
  let dy = dx;
  for (let i = passes.length - 1; i >= 0; i--) {
    const pass = passes[i]!;
    const gradient = pass.sublayer.backward(dy, pass.x, rotary, pass.saved, { input: i > 0, norm });
    const { dx: below, dz, dGain, dFactors } = gradient;
    gradients.unshift(dz);
    if (dGain) gainGradients.unshift(dGain);
    if (dFactors) factorGradients.unshift(dFactors);
    dy.dispose();
    tf.dispose([pass.x, ...Object.values(pass.saved).filter((t) => t !== undefined)]);
    if (below) dy = below;
  }
  return {
    nll,
    dz: tf.concat(gradients),
    dGain: norm ? tf.concat(gainGradients) : undefined,
    dFactors: factorGradients.length > 0 ? tf.concat(factorGradients) : undefined,
  };
}

/** Gradients of sublayers' units in arranged order, one after another, as one vector in the order of the layout. */
export function inLayoutOrder(
  sublayers: readonly Pick<Sublayer, 'block' | 'arrangement'>[],
  arranged: Float32Array,
  { size, pruned }: { readonly size: number; readonly pruned: boolean },
): Float32Array {
  const gradients = new Float32Array(size);
  let at = 0;
  for (const { block, arrangement } of sublayers) {
    const count = pruned ? block.count : arrangement.computed;
    for (let i = 0; i < count; i++) gradients[block.start + arrangement.order[i]!] = arranged[at++]!;
  }
  return gradients;
}
