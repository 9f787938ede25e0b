import * as tf from '@tensorflow/tfjs-core';
import type { RotaryConfig } from '../spec/rotary-config.js';

/** Cosines and signed sines: of a range of positions, `[T, h]` each, or of each row's own positions, `[B, 1, 1, T, h]`. */
export interface RotaryTable {
  readonly cos: tf.Tensor;
  /** Sines, negative in the first half, so that rotation is `x · cos + swap(x) · sin`. */
  readonly sin: tf.Tensor;
}

/** Angle per position of each of the `h / 2` frequencies, in float64. */
export function rotaryFrequencies(config: RotaryConfig, headDim: number): Float64Array {
  const half = headDim / 2;
  return Float64Array.from({ length: half }, (_, i) => {
    const frequency = config.theta ** (-i / half);
    switch (config.scaling) {
      case 'none':
        return frequency;
      case 'linear':
        return frequency / config.factor;
      case 'factors':
        return frequency / (config.factors[i] ?? 1);
      case 'llama3': {
        const wavelength = (2 * Math.PI) / frequency;
        const {
          factor,
          lowFrequencyFactor: low,
          highFrequencyFactor: high,
          originalContextLength: context,
        } = config;
        if (wavelength > context / low) return frequency / factor;
        if (wavelength < context / high) return frequency;
        const smooth = (context / wavelength - low) / (high - low);
        return ((1 - smooth) * frequency) / factor + smooth * frequency;
      }
    }
  });
}

/** The table of positions `[start, start + length)`. The caller disposes of it. */
export function rotaryTable(
  config: RotaryConfig,
  headDim: number,
  start: number,
  length: number,
): RotaryTable {
  const half = headDim / 2;
  const frequencies = rotaryFrequencies(config, headDim);
  const cos = new Float32Array(length * headDim);
  const sin = new Float32Array(length * headDim);
  for (let t = 0; t < length; t++) {
    for (let i = 0; i < half; i++) {
      // As in the reference: frequency and angle are rounded to float32 before the cosine.
      const angle = Math.fround((start + t) * Math.fround(frequencies[i]!));
      const at = t * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at + half] = Math.sin(angle);
      sin[at] = -sin[at + half]!;
    }
  }
  return { cos: tf.tensor2d(cos, [length, headDim]), sin: tf.tensor2d(sin, [length, headDim]) };
}

/** The table's rows of `positions [B·T]`, for `rows` rows: `[rows, 1, 1, T, h]`. */
export function rotaryOf(table: RotaryTable, positions: Int32Array, rows: number): RotaryTable {
  const indices = tf.tensor1d(positions, 'int32');
  const shape = [rows, 1, 1, positions.length / rows, table.cos.shape[1]!];
  const pick = (of: tf.Tensor) => tf.reshape(tf.gather(of, indices), shape);
  return { cos: pick(table.cos), sin: pick(table.sin) };
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
