import * as tf from '@tensorflow/tfjs-core';
import { NonFiniteActivationError } from '../errors.js';
import type { RotaryTable } from '../math/rotary.js';
import type { Sublayer } from '../layers/sublayer.js';

/**
 * Runs forward again, looking at each sublayer's output, to name the first that is not finite.
 *
 * @param x `[N, d]` embeddings; disposed of, as is the table.
 */
export async function nonFiniteError(
  sublayers: readonly Sublayer[],
  x: tf.Tensor,
  rotary: RotaryTable,
): Promise<NonFiniteActivationError> {
  let hidden = x;
  let first: Sublayer | undefined;
  for (const sublayer of sublayers) {
    const y = sublayer.forward(hidden, rotary);
    hidden.dispose();
    hidden = y;
    const values = await hidden.data<'float32'>();
    if (!values.every(Number.isFinite)) {
      first = sublayer;
      break;
    }
  }
  tf.dispose([hidden, rotary.cos, rotary.sin]);
  const where = first
    ? `layer ${first.block.layer}'s ${first.block.kind === 'kv' ? 'attention' : 'FFN'}`
    : 'the head';
  return new NonFiniteActivationError(
    `The loss is not finite: ${where} is the first to give a value that is not. Check its weights; in bfloat16, ` +
      'try float32.',
    first?.block.layer ?? new Set(sublayers.map(({ block }) => block.layer)).size,
  );
}
