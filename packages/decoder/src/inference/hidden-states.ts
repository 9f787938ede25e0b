import type * as tf from '@tensorflow/tfjs-core';
import type { LanguageHead } from '../layers/head/language-head.js';
import type { Pass } from '../layers/prepared-layers.js';
import type { Positions } from '../layers/rotary-positions.js';
import type { VisibleKeys } from '../layers/sublayer.js';

/** One pass forward: hidden states before the final norm, `[N, d]`. */
export function hiddenStates(
  head: LanguageHead,
  passes: readonly Pass[],
  ids: Int32Array,
  positions: Positions,
  visible?: VisibleKeys,
): tf.Tensor {
  let x = head.embed(ids);
  for (const { sublayer, tensors } of passes) {
    const y = sublayer.forward(x, tensors, positions, visible);
    x.dispose();
    x = y;
  }
  return x;
}
