import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';
import type { PermutedWeights } from '../weights/permuted-weights.js';
import type { SublayerParameters, SublayerTensors } from './sublayer.js';

/** The weights that attention and FFN hold in the same way: unit-major matrices, a norm, an output bias. */
export interface SublayerWeights {
  readonly units: PermutedWeights;
  readonly norm: tf.Tensor; //                    [d]
  readonly outputBias: tf.Tensor | undefined; //  [d]
  /** Converts a float32 tensor to the weights' dtype. */
  readonly narrow: (x: tf.Tensor) => tf.Tensor;
}

/** A question's parameters as tensors. */
export function sublayerTensors(
  { norm, narrow }: SublayerWeights,
  { gates, normScales, lora }: SublayerParameters,
): SublayerTensors {
  return tf.tidy(() => ({
    z: tf.keep(tf.tensor1d(gates)),
    norm: tf.keep(scaledNorm(norm, normScales)),
    ...(lora ? { lora: tf.keep(narrow(tf.tensor1d(lora))) } : {}),
  }));
}

/** A norm's weight times its scales, `[d]`. */
export function scaledNorm(norm: tf.Tensor, scales: Float32Array | undefined): tf.Tensor {
  return scales ? tf.mul(norm, tf.tensor1d(scales)) : norm.clone();
}

/** dL/dscale of a norm's scales, from dL/dweight of the scaled weight: `[d]` both. */
export function scaleGradient(dWeight: tf.Tensor, norm: tf.Tensor): tf.Tensor {
  return tf.mul(dWeight, norm);
}

/** Replaces rows of an output matrix by float32 values, `n` rows of `d` entries. */
export function replaceOutputRows(
  runtime: Runtime,
  { units }: SublayerWeights,
  name: string,
  rows: Uint32Array,
  values: Float32Array,
): void {
  if (rows.length === 0) return;
  const widen = (weight: tf.Tensor) => runtime.bfloat16?.toFloat32(weight) ?? weight;
  const tensor = tf.tensor2d(values, [rows.length, values.length / rows.length]);
  units.replaceRows(name, rows, tensor, widen);
  tensor.dispose();
}

export function disposeWeights({ units, norm, outputBias }: SublayerWeights): void {
  units.dispose();
  norm.dispose();
  outputBias?.dispose();
}
