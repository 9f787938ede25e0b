import type * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import type { DecoderConfig } from '../spec/config.js';
import { headRows } from '../weights/head-rows.js';
import { attentionWeights, feedForwardWeights } from '../weights/held-weights.js';
import { outOfOrder, type StoredTensor, storedTensors } from '../weights/stored-tensors.js';
import {
  EMBEDDING,
  FINAL_NORM,
  HEAD,
  headNormName,
  normNames,
  projectionName,
} from '../weights/tensor-names.js';

/** Weights with one learning rate. Norms are trained by factors on what they were. */
export type WeightKind = 'matrix' | 'bias' | 'norm';

/** An object that holds weights by name: a sublayer or the head. */
export interface WeightOwner {
  allWeights(): ReadonlyMap<string, tf.Tensor>;
  replaceWeights(values: ReadonlyMap<string, tf.Tensor>): void;
  /** Runs synchronous work where the weights lie. */
  run<T>(work: () => T): T;
}

/** One weight that is trained. */
export interface TrainedWeight {
  /** Its name in a saved state: `layers.3.attention.queryKey`. */
  readonly key: string;
  readonly owner: WeightOwner;
  /** Its name in its owner. */
  readonly name: string;
  readonly kind: WeightKind;
  /** The tensors of the checkpoint that it holds. */
  readonly stored: readonly string[];
  /** These tensors from its values. */
  store(values: Float32Array): StoredTensor[];
}

/**
 * All weights of a decoder that are trained, from the bottom up.
 *
 * @param embedding whether the embedding, and the head if it has a matrix of its own, are among them.
 */
export function trainedWeights(parts: DecoderParts, embedding: boolean): TrainedWeight[] {
  const { config, head, sublayers } = parts;
  const { normOffset, logitScale } = config;
  const ofSublayers = sublayers.flatMap((sublayer) => {
    const { kind, layer, count } = sublayer.block;
    const attention = kind === 'kv';
    const held = attention ? attentionWeights(config, layer) : feedForwardWeights(config, layer);
    const { pre, post } = normNames(config, layer, attention ? 'attention' : 'feedForward');
    const outputBias = projectionName(layer, attention ? 'o' : 'down', 'bias');
    return [...sublayer.allWeights().keys()].map((name): TrainedWeight => {
      const at = { key: `layers.${layer}.${attention ? 'attention' : 'ffn'}.${name}`, owner: sublayer, name };
      const weight = held.find((one) => one.name === name);
      if (weight) {
        return {
          ...at,
          kind: weight.columns === undefined ? 'bias' : 'matrix',
          stored: weight.parts.map((part) => part.name),
          store: (values) => storedTensors(weight, count, values),
        };
      }
      if (name === 'outputBias') return { ...at, kind: 'bias', ...as(outputBias) };
      if (name === 'queryKeyNorm') return { ...at, kind: 'norm', ...headNorms(config, layer) };
      return { ...at, kind: 'norm', ...norm(name === 'norm' ? pre! : post!, normOffset, 1) };
    });
  });
  const owner: WeightOwner = {
    allWeights: () => head.allWeights(),
    replaceWeights: (values) => head.replaceWeights(values),
    run: (work) => work(),
  };
  const matrix = (name: string, tensor: string): TrainedWeight => ({
    ...{ key: name, owner, name },
    kind: 'matrix',
    ...as(tensor),
  });
  return [
    ...ofSublayers,
    { key: 'norm', owner, name: 'norm', kind: 'norm', ...norm(FINAL_NORM, normOffset, logitScale) },
    ...(embedding ? [matrix('embedding', EMBEDDING)] : []),
    ...(embedding && !config.tiedHead ? [matrix('head', HEAD)] : []),
  ];
}

/** A tensor that is stored as it is held. */
const as = (name: string) => ({ stored: [name], store: (data: Float32Array) => [{ name, data }] });

/** A norm that is held as `scale · (stored + offset)`. */
const norm = (name: string, offset: number, scale: number) => ({
  stored: [name],
  store: (values: Float32Array) => [{ name, data: values.map((value) => value / scale - offset) }],
});

/** The norms of queries and keys, see `readQueryKeyNorms`. */
function headNorms(config: DecoderConfig, layer: number): Pick<TrainedWeight, 'stored' | 'store'> {
  const { headDim: h, queriesPerKvHead: G, normOffset: offset, queryKeyNorm } = config;
  const names = [headNormName(layer, 'q'), headNormName(layer, 'k')] as const;
  const order = headRows(config);
  // The heads of a group are rows of one weight; heads that share one have equal rows.
  const rows = queryKeyNorm === 'head' ? [1, 1] : [G, 1];
  return {
    stored: names,
    store(values) {
      const groups = values.length / ((G + 1) * h);
      return names.map((name, at) => {
        const data = new Float32Array(groups * rows[at]! * h);
        for (let group = 0; group < groups; group++) {
          const from = (group * (G + 1) + (at === 0 ? 0 : G)) * h;
          data.set(values.subarray(from, from + rows[at]! * h), group * rows[at]! * h);
        }
        const plain = data.map((value) => value - offset);
        return { name, data: order ? outOfOrder(plain, order, 1) : plain };
      });
    },
  };
}
