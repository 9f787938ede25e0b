import * as tf from '@tensorflow/tfjs-core';

/**
 * Targets of a distillation: what a teacher with the same head predicts. Cross entropy against its whole distribution
 * `q` needs one vector per token: `−Σ_v q_v·log p_v = log Σ_v exp(logit_v) − hidden · Σ_v q_v·row_v`, because logits
 * are linear in the rows of the head. So distillation costs a step nothing.
 */
export interface TeacherTargets {
  /** `Σ_v q_v·row_v` for each target, float32 `[rows · (length − 1), d]`. */
  readonly expectedRows: Float32Array;
  /** Weight of the teacher in each row of the batch, in [0, 1]; the rest is the text's next token. */
  readonly weights: readonly number[];
}

/** Head rows of the mixed targets, `[N, d]`, from those of the next tokens. */
export function mixedTarget(next: tf.Tensor, teacher: TeacherTargets): tf.Tensor {
  const [N, d] = next.shape as [number, number];
  return mixedByRow(next, tf.tensor2d(teacher.expectedRows, [N, d]), teacher);
}

/** The teacher's mean head rows, `[N, d]`. */
export function teacherTarget({ expectedRows }: TeacherTargets, d: number): tf.Tensor {
  return tf.tensor2d(expectedRows, [expectedRows.length / d, d]);
}

/** `text + weight · (taught − text)`, the weight being that of the row of the batch: `[N]` or `[N, d]`. */
export function mixedByRow(text: tf.Tensor, taught: tf.Tensor, { weights }: TeacherTargets): tf.Tensor {
  const [N, ...rest] = text.shape as [number, ...number[]];
  const byRow = [weights.length, N / weights.length, ...rest]; // [B, T, ..]
  const weight = tf.reshape(tf.tensor1d([...weights]), [weights.length, 1, ...rest.map(() => 1)]);
  const [a, b] = [tf.reshape(text, byRow), tf.reshape(taught, byRow)];
  return tf.reshape(tf.add(a, tf.mul(tf.sub(b, a), weight)), text.shape);
}

/** Hidden states of the tokens that have a successor in their row: `[rows · length, d]` → `[rows · (length − 1), d]`. */
export function predictingStates(x: tf.Tensor, [rows, length]: readonly [number, number]): tf.Tensor {
  const d = x.shape[1]!;
  const predicting = tf.slice(tf.reshape(x, [rows, length, d]), [0, 0, 0], [rows, length - 1, d]);
  return tf.reshape(predicting, [rows * (length - 1), d]);
}
