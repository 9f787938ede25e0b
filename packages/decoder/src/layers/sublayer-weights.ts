import * as tf from '@tensorflow/tfjs-core';
import { readerOf } from '../math/vector-parts.js';
import type { Runtime } from '../runtime/runtime.js';
import type { DecoderConfig } from '../spec/config.js';
import { type HeldWeight, unitRowsOf } from '../weights/held-weights.js';
import { PermutedWeights, type UnitWeight } from '../weights/permuted-weights.js';
import { normNames, type SublayerKind } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';
import type { SublayerParameters, SublayerTensors } from './sublayer.js';

/** The weights that attention and FFN hold in the same way: unit-major matrices, norms, an output bias. */
export interface SublayerWeights {
  readonly units: PermutedWeights;
  readonly others: OtherWeights;
  /** Converts a float32 tensor to the weights' dtype. */
  readonly narrow: (x: tf.Tensor) => tf.Tensor;
}

/** The weights that do not belong to single units. Replaced one by one when the weights are trained. */
export interface OtherWeights {
  norm?: tf.Tensor | undefined; //         [d] on the input
  postNorm?: tf.Tensor | undefined; //     [d] on the output
  outputBias?: tf.Tensor | undefined; //   [d]
  queryKeyNorm?: tf.Tensor | undefined; // [G + 1, 1, h] or [K, G + 1, 1, h]
}

/** Reads the weights of `count` units. */
export async function readUnits(
  reader: WeightReader,
  held: readonly HeldWeight[],
  count: number,
): Promise<PermutedWeights> {
  const weights: UnitWeight[] = [];
  for (const weight of held) {
    const tensor = await reader.held(weight, count);
    if (tensor) weights.push({ name: weight.name, tensor, unitRows: unitRowsOf(weight) });
  }
  return reader.own(reader.scope(() => new PermutedWeights(count, weights)));
}

/** Reads the norms of a sublayer. */
export async function readNorms(
  reader: WeightReader,
  config: DecoderConfig,
  layer: number,
  kind: SublayerKind,
): Promise<Pick<OtherWeights, 'norm' | 'postNorm'>> {
  const { pre, post } = normNames(config, layer, kind);
  const read = (name: string | undefined) => name && reader.norm(name, config.hiddenSize, config.normOffset);
  return { norm: (await read(pre)) || undefined, postNorm: (await read(post)) || undefined };
}

/** A question's parameters as tensors. */
export function sublayerTensors(
  { others: { norm, postNorm }, narrow }: SublayerWeights,
  { gates, normScales, lora }: SublayerParameters,
): SublayerTensors {
  const next = normScales && readerOf(normScales);
  const scaled = (weight: tf.Tensor | undefined) =>
    weight && tf.keep(scaledNorm(weight, next?.(weight.shape[0]!)));
  return tf.tidy(() => ({
    z: tf.keep(tf.tensor1d(gates)),
    norm: scaled(norm),
    postNorm: scaled(postNorm),
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

/** The same for all norms of a sublayer, one after another; undefined if there is no gradient. */
export function scaleGradients(
  { others: { norm, postNorm } }: SublayerWeights,
  { dNorm, dPostNorm }: { readonly dNorm?: tf.Tensor; readonly dPostNorm?: tf.Tensor },
): tf.Tensor | undefined {
  const all = [
    ...(dNorm ? [scaleGradient(dNorm, norm!)] : []),
    ...(dPostNorm ? [scaleGradient(dPostNorm, postNorm!)] : []),
  ];
  return all.length > 1 ? tf.concat(all) : all[0];
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

/** All weights by name, with the units in their own order. They belong to the sublayer. */
export function allWeights({ units, others }: SublayerWeights): Map<string, tf.Tensor> {
  return new Map([...units.all(), ...tensorMap(others)]);
}

/** The tensors of an object that are there. */
export function tensorMap(named: object): Map<string, tf.Tensor> {
  return new Map(Object.entries(named).filter(([, tensor]) => tensor !== undefined));
}

/** Replaces weights by tensors of the same shapes, which then belong to the sublayer. */
export function replaceWeights(
  { units, others }: SublayerWeights,
  values: ReadonlyMap<string, tf.Tensor>,
): void {
  const ofUnits = new Map(values);
  for (const name of Object.keys(others) as (keyof OtherWeights)[]) {
    const value = values.get(name);
    if (!value) continue;
    others[name]!.dispose();
    others[name] = value;
    ofUnits.delete(name);
  }
  units.replace(ofUnits);
}

/** The number of a sublayer's norms on the residual stream. */
export function normsOf({ others: { norm, postNorm } }: SublayerWeights): number {
  return [norm, postNorm].filter((weight) => weight !== undefined).length;
}

export function disposeWeights({ units, others }: SublayerWeights): void {
  units.dispose();
  for (const weight of Object.values(others)) weight?.dispose();
}
