import { attention } from '../math/attention/attention.js';
import { type AttentionGradientInputs, attentionGradient } from '../math/attention/attention-gradient.js';
import type { AttentionInputs, AttentionShape } from '../math/attention/attention-shape.js';
import { weightGradients } from '../math/weight-gradients.js';
import { weightProducts } from '../math/weight-products.js';
import { namedFunction } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';
import type { DecoderConfig } from '../spec/config.js';
import type { PrunedUnits } from './sublayer.js';

/** Attention's passes as functions that all layers with the same window share. */
export function attentionFunctions(runtime: Runtime, shape: AttentionShape) {
  return {
    runtime,
    infer: namedFunction(runtime, 'attention', (i: AttentionInputs) => ({
      y: attention(runtime, shape, i).y,
    })),
    forward: namedFunction(runtime, 'attention-saving', (i: AttentionInputs) => {
      const { gatedKey: _, gatedValue: __, ...saved } = attention(runtime, shape, i);
      return saved;
    }),
    mixed: namedFunction(runtime, 'attention-mixed', (i: AttentionInputs) => ({
      mixed: attention(runtime, shape, i).mixed,
    })),
    backward: namedFunction(runtime, 'attention-gradient', (i: AttentionGradientInputs) =>
      attentionGradient(runtime, shape, i, { input: true, norm: false }),
    ),
    backwardTuning: namedFunction(runtime, 'attention-norm-gradient', (i: AttentionGradientInputs) =>
      attentionGradient(runtime, shape, i, { input: true, norm: true }),
    ),
    backwardWeights: namedFunction(runtime, 'attention-weight-gradient', (i: AttentionGradientInputs) =>
      attentionGradient(runtime, shape, i, { input: true, norm: false, weights: weightProducts }),
    ),
    backwardTraining: namedFunction(runtime, 'attention-training-gradient', (i: AttentionGradientInputs) => {
      const wanted = { input: true, norm: true, queryKeyNorm: true, weights: weightGradients };
      const {
        dx,
        dzC: _,
        dNorm: norm,
        dPostNorm: postNorm,
        dQueryKeyNorm: queryKeyNorm,
        ...weights
      } = attentionGradient(runtime, shape, i, wanted);
      return { dx, ...weights, norm, postNorm, queryKeyNorm };
    }),
    /** For the first layer, below which nothing needs a gradient. */
    lastBackward: namedFunction(runtime, 'attention-gradient-first-layer', (i: AttentionGradientInputs) =>
      attentionGradient(runtime, shape, i, { input: false, norm: false }),
    ),
    /** Not recorded: each token makes the cache, and so the shapes, longer. */
    cached: (i: AttentionInputs) => attention(runtime, shape, i),
    /** One token more, which sees all that is cached: the cache has room for it or is a full window, so the shapes stay. */
    step: namedFunction(runtime, 'attention-step', (i: AttentionInputs) => {
      const { y, gatedKey, gatedValue } = attention(runtime, { ...shape, window: undefined }, i);
      return { y, gatedKey, gatedValue };
    }),
  };
}

export type AttentionFunctions = ReturnType<typeof attentionFunctions>;

/** What a pruned group's gate gradient, and the outputs of the others, depend on. */
export function prunedGroups({ groupGate, queryKeyNorm }: DecoderConfig): PrunedUnits {
  if (queryKeyNorm === 'all-heads') return 'computed';
  return groupGate === 'key-value' ? 'skipped' : 'computed for gradients';
}
