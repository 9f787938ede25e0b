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

/** Who wants the dense model's predictions of a refit's first batches, as that model has read them anyway. */
export interface ExpectedRowsTaker {
  /** How many, the first ones. */
  readonly batches: number;
  /** Is given the rows of each, `[rows · (length − 1), d]`, and waited for. */
  take(expected: Float32Array, batch: number): void | Promise<void>;
}

/** Hidden states of all tokens that another one follows in their row: `[rows · length, d]` → `[rows · (length − 1), d]`. */
export function predictingStates(x: tf.Tensor, [rows, length]: readonly [number, number]): tf.Tensor {
  const d = x.shape[1]!;
  const predicting = tf.slice(tf.reshape(x, [rows, length, d]), [0, 0, 0], [rows, length - 1, d]);
  return tf.reshape(predicting, [rows * (length - 1), d]);
}
