import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import { NonFiniteActivationError } from '../errors.js';
import type { PreparedLayers } from '../layers/prepared-layers.js';
import type { Sublayer } from '../layers/sublayer.js';

/**
 * Runs forward again and checks the output of each sublayer, to name the first that is not finite.
 *
 * @param ids `[rows · tokens]` token ids.
 */
export async function nonFiniteError(
  { head, sublayers, positions }: DecoderParts,
  layers: PreparedLayers,
  ids: Int32Array,
  tokens: number,
): Promise<NonFiniteActivationError> {
  let x = tf.tidy(() => head.embed(ids)); // [N, d]
  let first: Sublayer | undefined;
  for (const [i, sublayer] of sublayers.entries()) {
    const y = layers.run((passes) => sublayer.forward(x, passes[i]!.tensors, positions.range(0, tokens)));
    x.dispose();
    x = y;
    const values = await x.data<'float32'>();
    if (!values.every(Number.isFinite)) {
      first = sublayer;
      break;
    }
  }
  x.dispose();
  const place = first
    ? `layer ${first.block.layer}'s ${first.block.kind === 'kv' ? 'attention' : 'FFN'}`
    : 'the head';
  return new NonFiniteActivationError(
    `The loss is not finite. The first output that is not finite comes from ${place}. Check its weights; in bfloat16, ` +
      'try float32; where weights are trained, lower the learning rate.',
    first?.block.layer ?? new Set(sublayers.map(({ block }) => block.layer)).size,
  );
}
