/**
 * The sublayers of a decoder as nodes, from its config alone.
 *
 * Dims: B rows, T new tokens, P cached ones, S = P + T, d hidden size, h head size, K KV heads, G query heads of each.
 */
import { type DecoderConfig, layerTensor, type ProjectionName, projectionName } from '@grasp/decoder';
import { activate } from './activation.js';
import type { GraphBuilder } from './graph-builder.js';
import type { ModelWeights } from './model-weights.js';
import type { Value } from './onnx-graph.js';
import { rotate } from './rotary.js';
import type { TextValues } from './text-values.js';

/** What the layers of a graph share. */
export interface LayerContext {
  readonly g: GraphBuilder;
  readonly weights: ModelWeights;
  readonly decoder: DecoderConfig;
  readonly text: TextValues;
}

/** The score of a key that a query does not see. Finite, so that a row of padding has no NaN. */
const UNSEEN = -1e9;

/** `x / rms(x) · weight` over the last axis, in the form that runtimes fuse. */
export function rmsNorm(g: GraphBuilder, x: Value, weight: Value, epsilon: number): Value {
  const meanSquare = g.node('ReduceMean', [g.power(x, 2)], { axes: [-1], keepdims: 1 });
  return g.multiply(g.divide(x, g.node('Sqrt', [g.add(meanSquare, epsilon)])), weight);
}

/** `x + residualScale · post(f(pre(x)))`, either norm may be missing. */
function residual(
  { g, weights, decoder }: LayerContext,
  layer: number,
  { pre, post }: { readonly pre?: string; readonly post?: string },
  x: Value,
  sublayer: (normed: Value) => Value,
): Value {
  const norm = (of: Value, name: string | undefined) => {
    if (name === undefined) return of;
    const weight = weights.vector(layerTensor(layer, name, 'weight'), { offset: decoder.normOffset });
    return rmsNorm(g, of, weight, decoder.normEpsilon);
  };
  return g.add(x, g.scale(norm(sublayer(norm(x, pre)), post), decoder.residualScale));
}

/** `x [B, T, n]` times a matrix of the layer, plus its bias. */
function project({ g, weights }: LayerContext, layer: number, projection: ProjectionName, x: Value): Value {
  const ofHeads = projection === 'q' || projection === 'k';
  const product = g.matMul(x, weights.matrix(projectionName(layer, projection, 'weight'), ofHeads));
  const bias = projectionName(layer, projection, 'bias');
  return weights.has(bias) ? g.add(product, weights.vector(bias, { ofHeads })) : product;
}

/** The attention of a layer that has heads. Its cache is an input and an output of the graph. */
export function attention(context: LayerContext, layer: number, x: Value): Value {
  const { g, decoder, text } = context;
  const { headDim: h, queriesPerKvHead: G, attentionScale, attentionCap } = decoder;
  const { kvHeads: K } = decoder.layers[layer]!;
  const { window, rotary } = decoder.attention[layer]!;
  const rotation = rotary && text.rotation(rotary);
  const turned = (y: Value) => (rotation ? rotate(g, y, rotation, h) : y);
  return residual(context, layer, decoder.norms.attention, x, (a) => {
    const plain = g.scale(turned(heads(context, layer, 'q', a)), attentionScale); // [B, K · G, T, h]
    const queries = rotation?.queryScale ? g.multiply(plain, rotation.queryScale) : plain;
    const keys = cached(context, layer, 'key', turned(heads(context, layer, 'k', a))); // [B, K, S, h]
    const values = cached(context, layer, 'value', heads(context, layer, 'v', a)); // [B, K, S, h]

    // The query heads of a KV head are rows of one matrix.
    const rows = g.reshape(queries, [0, K, -1, h]); // [B, K, G · T, h]
    const products = g.matMul(rows, g.transpose(keys, [0, 1, 3, 2])); // [B, K, G · T, S]
    const scores = attentionCap === undefined ? products : softCap(g, products, attentionCap);
    const seen = g.node('Where', [text.visible(window), scores, g.floats([UNSEEN], [])]);
    const mixed = g.matMul(g.node('Softmax', [seen], { axis: -1 }), values); // [B, K, G · T, h]
    const byHead = g.transpose(g.reshape(mixed, [0, K * G, -1, h]), [0, 2, 1, 3]); // [B, T, K · G, h]
    return project(context, layer, 'o', g.reshape(byHead, [0, 0, K * G * h]));
  });
}

/** Queries, keys or values by head, `[B, heads, T, h]`, after their norm. */
function heads(context: LayerContext, layer: number, of: 'q' | 'k' | 'v', x: Value): Value {
  const { g, weights, decoder } = context;
  const { headDim, queryKeyNorm, normOffset, normEpsilon } = decoder;
  const normed = (y: Value) => {
    const name = layerTensor(layer, `self_attn.${of}_norm`, 'weight');
    return rmsNorm(g, y, weights.vector(name, { ofHeads: true, offset: normOffset }), normEpsilon);
  };
  const kind = of === 'v' ? 'none' : queryKeyNorm;
  const plain = project(context, layer, of, x); // [B, T, heads · h]
  const split = g.reshape(kind === 'all-heads' ? normed(plain) : plain, [0, 0, -1, headDim]);
  const byHead = g.transpose(split, [0, 2, 1, 3]);
  return kind === 'head' ? normed(byHead) : byHead;
}

/** Keys or values behind those of earlier tokens. */
function cached({ g, decoder }: LayerContext, layer: number, of: 'key' | 'value', own: Value): Value {
  const shape = (tokens: string) => ['batch_size', decoder.layers[layer]!.kvHeads, tokens, decoder.headDim];
  const past = g.input(`past_key_values.${layer}.${of}`, g.products, shape('past_sequence_length'));
  const all = g.concat([past, g.narrow(own)], 2);
  return g.output(all, `present.${layer}.${of}`, g.products, shape('total_sequence_length'));
}

/** The FFN of a layer that has channels. */
export function feedForward(context: LayerContext, layer: number, x: Value): Value {
  const { g, decoder } = context;
  return residual(context, layer, decoder.norms.feedForward, x, (a) => {
    const up = project(context, layer, 'up', a);
    const hidden = decoder.gatedFeedForward
      ? g.multiply(activate(g, decoder.activation, project(context, layer, 'gate', a)), up)
      : activate(g, decoder.activation, up);
    return project(context, layer, 'down', hidden);
  });
}

/** `cap · tanh(x / cap)` */
export function softCap(g: GraphBuilder, x: Value, cap: number): Value {
  return g.multiply(g.node('Tanh', [g.multiply(x, 1 / cap)]), cap);
}
