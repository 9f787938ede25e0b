import * as tf from '@tensorflow/tfjs-core';

/**
 * What another model of the same head expects to come next. Cross entropy against its whole prediction `q` needs one
 * vector a token: `−Σ_v q_v·log p_v = log Σ_v exp(logit_v) − hidden · Σ_v q_v·row_v`, as logits are linear in the head's
 * rows. So to distil from it costs a step nothing.
 */
export interface ExpectedRows {
  /** `Σ_v q_v·row_v` for each target, float32 `[rows · (length − 1), d]`. */
  readonly rows: Float32Array;
  /** Its share of the target in [0, 1]; the rest is the text's next token. */
  readonly share: number;
}

/** Rows of the head that targets come to, `[N, d]`, from those of the next tokens. */
export function mixedTarget(next: tf.Tensor, { rows, share }: ExpectedRows): tf.Tensor {
  const expected = tf.tensor2d(rows, next.shape as [number, number]);
  return tf.add(tf.mul(next, 1 - share), tf.mul(expected, share));
}
