import type { Checkpoint } from '@grasp/checkpoint';
import { WeightShapeError } from '../errors.js';
import type { DecoderConfig } from '../spec/config.js';
import { modelTensors } from './model-tensors.js';
import {
  EMBEDDING,
  FINAL_NORM,
  HEAD,
  headNormName,
  normNames,
  type ProjectionName,
  projectionName,
  type SublayerKind,
} from './tensor-names.js';

/** A tensor that a config calls for. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether a checkpoint may lack it: a bias, which is then zero. */
  readonly optional: boolean;
}

/** All tensors of a model, from its config, bottom up. Fused tensors count as their parts. */
export function* expectedTensors(config: DecoderConfig): Generator<ExpectedTensor> {
  const { hiddenSize: d, headDim: h, queriesPerKvHead: G, vocabSize: V } = config;
  const needed = (name: string, ...shape: number[]) => ({ name, shape, optional: false });
  function* projection(layer: number, name: ProjectionName, out: number, inn: number) {
    yield needed(projectionName(layer, name, 'weight'), out, inn);
    if (config.biases.includes(name)) {
      yield { name: projectionName(layer, name, 'bias'), shape: [out], optional: true };
    }
  }
  function* norms(layer: number, kind: SublayerKind) {
    const { pre, post } = normNames(config, layer, kind);
    if (pre) yield needed(pre, d);
    if (post) yield needed(post, d);
  }
  /** Rows of the norms on queries and keys. */
  const normed = (kvHeads: number) =>
    config.queryKeyNorm === 'head' ? ([h, h] as const) : ([kvHeads * G * h, kvHeads * h] as const);
  yield needed(EMBEDDING, V, d);
  for (const [layer, { channels, kvHeads }] of config.layers.entries()) {
    if (kvHeads > 0) {
      yield* norms(layer, 'attention');
      yield* projection(layer, 'q', kvHeads * G * h, d);
      yield* projection(layer, 'k', kvHeads * h, d);
      yield* projection(layer, 'v', kvHeads * h, d);
      yield* projection(layer, 'o', d, kvHeads * G * h);
      if (config.queryKeyNorm !== 'none') {
        const [ofQueries, ofKeys] = normed(kvHeads);
        yield needed(headNormName(layer, 'q'), ofQueries);
        yield needed(headNormName(layer, 'k'), ofKeys);
      }
    }
    if (channels > 0) {
      yield* norms(layer, 'feedForward');
      if (config.gatedFeedForward) yield* projection(layer, 'gate', channels, d);
      yield* projection(layer, 'up', channels, d);
      yield* projection(layer, 'down', d, channels);
    }
  }
  yield needed(FINAL_NORM, d);
  if (!config.tiedHead) yield needed(HEAD, V, d);
}

/**
 * Compares the shape of every tensor with the config, from headers alone, so that a misfit is refused before any work.
 *
 * @throws WeightShapeError
 */
export function checkWeights({ source, tensors: all, absent }: Headers, config: DecoderConfig): void {
  const { tensors } = modelTensors({ source, tensors: all }, config);
  for (const { name, shape, optional } of expectedTensors(config)) {
    if (!optional || tensors.has(name) || absent?.has(name))
      checkShape({ source, tensors, absent }, name, shape);
  }
}

type Headers = Pick<Checkpoint, 'source' | 'tensors' | 'absent'>;

/** @throws WeightShapeError if a tensor is missing or has another shape; why a tensor is absent, if it is. */
export function checkShape(
  { source, tensors, absent }: Headers,
  name: string,
  shape: readonly number[],
): void {
  const info = tensors.get(name);
  if (info && info.shape.length === shape.length && info.shape.every((n, i) => n === shape[i])) return;
  const reason = info ? undefined : absentReason(absent, name);
  if (reason) throw reason;
  const found = info ? `has shape [${info.shape.join(', ')}]` : 'is missing';
  throw new WeightShapeError(
    `${source}: tensor "${name}" ${found}; config.json asks for [${shape.join(', ')}].`,
    name,
    shape,
    info?.shape,
  );
}

/** Why a tensor cannot be read. Its stored name may lack the prefix. */
function absentReason(absent: Headers['absent'], name: string): Error | undefined {
  return absent?.get(name) ?? absent?.get(name.replace(/^model\./, ''));
}
