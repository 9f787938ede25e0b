import {
  type FeedForwardGradientInputs,
  type FeedForwardInputs,
  type FeedForwardShape,
  feedForward,
  feedForwardGradient,
  gatedHidden,
} from '../math/feed-forward.js';
import { normedInput } from '../math/residual.js';
import { weightGradients } from '../math/weight-gradients.js';
import { weightProducts } from '../math/weight-products.js';
import { type NamedTensors, namedFunction } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';

/**
 * The FFN's passes as functions that all layers share. Layers differ in width, and each layer does from step to step
 * while a mask is learned, so one graph serves all widths. LoRA is the exception: its factors are split by their sizes.
 */
export function feedForwardFunctions(runtime: Runtime, shape: FeedForwardShape) {
  const named = <I extends Pick<FeedForwardInputs, 'lora'> & NamedTensors, O extends NamedTensors>(
    name: string,
    body: (inputs: I) => O,
  ) => namedFunction(runtime, name, body, ({ lora }) => ({ anySizes: lora === undefined }));
  return {
    runtime,
    infer: named('feed-forward', (i: FeedForwardInputs) => ({ y: feedForward(runtime, shape, i).y })),
    forward: named('feed-forward-saving', (i: FeedForwardInputs) => feedForward(runtime, shape, i)),
    hidden: named('feed-forward-hidden', (i: FeedForwardInputs) => ({
      hidden: gatedHidden(runtime, shape, normedInput(shape, i.x, i), i).hidden,
    })),
    backward: named('feed-forward-gradient', (i: FeedForwardGradientInputs) =>
      feedForwardGradient(runtime, shape, i, { norm: false }),
    ),
    backwardTuning: named('feed-forward-norm-gradient', (i: FeedForwardGradientInputs) =>
      feedForwardGradient(runtime, shape, i, { norm: true }),
    ),
    backwardWeights: named('feed-forward-weight-gradient', (i: FeedForwardGradientInputs) =>
      feedForwardGradient(runtime, shape, i, { norm: false, weights: weightProducts }),
    ),
    backwardTraining: named('feed-forward-training-gradient', (i: FeedForwardGradientInputs) => {
      const wanted = { norm: true, weights: weightGradients };
      const {
        dx,
        dzC: _,
        dNorm: norm,
        dPostNorm: postNorm,
        ...weights
      } = feedForwardGradient(runtime, shape, i, wanted);
      return { dx, ...weights, norm, postNorm };
    }),
  };
}

export type FeedForwardFunctions = ReturnType<typeof feedForwardFunctions>;
