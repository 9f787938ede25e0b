import * as tf from '@tensorflow/tfjs-core';
import type { RotaryConfig } from '../spec/rotary-config.js';
import { rotaryFrequencies } from './rotary-frequencies.js';

/** Cosines and signed sines: of a range of positions, `[T, h]` each, or of each row's own positions, `[B, 1, 1, T, h]`. */
export type RotaryTable = {
  readonly cos: tf.Tensor;
  /** Sines, negative in the first half, so that rotation is `x · cos + swap(x) · sin`. */
  readonly sin: tf.Tensor;
  /** Factor on the queries of each position, `[T, 1]` or `[B, 1, 1, T, 1]`, if there is one. */
  readonly queryScale?: tf.Tensor | undefined;
};

/**
 * The table of positions `[0, length)`. The caller disposes of it. The two entries of a pair lie half a head apart;
 * entries that are not rotated are left alone. See `headRows`.
 *
 * @param config undefined: nothing is rotated.
 * @param read length of the text that is read, where frequencies depend on it.
 */
export function rotaryTable(
  config: RotaryConfig | undefined,
  headDim: number,
  length: number,
  read: number,
): RotaryTable {
  const half = headDim / 2;
  const frequencies = config ? rotaryFrequencies(config, read) : new Float64Array(0);
  const scale = config?.attentionFactor ?? 1;
  const cos = new Float32Array(length * headDim).fill(1);
  const sin = new Float32Array(length * headDim);
  for (let t = 0; t < length; t++) {
    for (let i = 0; i < frequencies.length; i++) {
      // As in the reference: frequency and angle are rounded to float32 before the cosine.
      const angle = Math.fround(t * Math.fround(frequencies[i]!));
      const at = t * headDim + i;
      cos[at] = cos[at + half] = scale * Math.cos(angle);
      sin[at + half] = scale * Math.sin(angle);
      sin[at] = -sin[at + half]!;
    }
  }
  const table = { cos: tf.tensor2d(cos, [length, headDim]), sin: tf.tensor2d(sin, [length, headDim]) };
  if (!config?.queryScale) return table;
  const { beta, contextLength } = config.queryScale;
  const factors = Float32Array.from(
    { length },
    (_, t) => 1 + beta * Math.log1p(Math.floor(t / contextLength)),
  );
  return { ...table, queryScale: tf.tensor2d(factors, [length, 1]) };
}

/** Applies a function to each tensor of a table. */
export function mapTable(table: RotaryTable, of: (tensor: tf.Tensor) => tf.Tensor): RotaryTable {
  const { cos, sin, queryScale } = table;
  return { cos: of(cos), sin: of(sin), ...(queryScale ? { queryScale: of(queryScale) } : {}) };
}

/** The table's rows of `positions [B·T]`, for `rows` rows: `[rows, 1, 1, T, h]`. */
export function rotaryOf(table: RotaryTable, positions: Int32Array, rows: number): RotaryTable {
  const indices = tf.tensor1d(positions, 'int32');
  const length = positions.length / rows;
  return mapTable(table, (of) => tf.reshape(tf.gather(of, indices), [rows, 1, 1, length, of.shape[1]!]));
}

/** The two halves of the last axis exchanged. */
function swapHalves(x: tf.Tensor): tf.Tensor {
  const half = x.shape[x.rank - 1]! / 2;
  const [first, second] = tf.split(x, [half, half], -1) as [tf.Tensor, tf.Tensor];
  return tf.concat([second, first], -1);
}

/** Rotates `x [.., T, h]`. */
export function rotate(x: tf.Tensor, { cos, sin }: RotaryTable): tf.Tensor {
  return tf.add(tf.mul(x, cos), tf.mul(swapHalves(x), sin));
}

/** The adjoint of `rotate`, which is the inverse rotation. */
export function rotateBack(dy: tf.Tensor, { cos, sin }: RotaryTable): tf.Tensor {
  return tf.add(tf.mul(dy, cos), swapHalves(tf.mul(dy, sin)));
}
