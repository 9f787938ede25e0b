import * as tf from '@tensorflow/tfjs-core';

/**
 * What another model of the same head expects to come next. Cross entropy against its whole prediction `q` needs one
 * vector a token: `−Σ_v q_v·log p_v = log Σ_v exp(logit_v) − hidden · Σ_v q_v·row_v`, as logits are linear in the head's
 * rows. So to distil from it costs a step nothing.
 */
export interface ExpectedRows {
  /** `Σ_v q_v·row_v` for each target, float32 `[rows · (length − 1), d]`. */
  readonly rows: Float32Array;
  /** Its share of the targets of each row of the batch, in [0, 1]; the rest is the text's next token. */
  readonly shares: readonly number[];
}

/** Rows of the head that targets come to, `[N, d]`, from those of the next tokens. */
export function mixedTarget(next: tf.Tensor, { rows, shares }: ExpectedRows): tf.Tensor {
  const [N, d] = next.shape as [number, number];
  const byRow: [number, number, number] = [shares.length, N / shares.length, d]; // [B, T, d]
  const share = tf.tensor3d([...shares], [shares.length, 1, 1]);
  const text = tf.reshape(next, byRow);
  const expected = tf.tensor3d(rows, byRow);
  return tf.reshape(tf.add(text, tf.mul(tf.sub(expected, text), share)), [N, d]);
}
