import type * as tf from '@tensorflow/tfjs-core';
import { addTile, crossEntropy, type LossInputs, type TileInputs } from '../../math/head/head.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from '../../math/rms-norm.js';
import { namedFunction } from '../../runtime/named-function.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { DecoderConfig } from '../../spec/config.js';
import { distilledHead } from './distilled-head.js';

/** The passes of the final norm and the head, recorded. */
export function headFunctions(
  runtime: Runtime,
  { normEpsilon: epsilon, logitCap: cap }: Pick<DecoderConfig, 'normEpsilon' | 'logitCap'>,
) {
  const tiles = (name: string, withRows: boolean, cap: number | undefined) =>
    namedFunction(runtime, name, (i: TileInputs) => addTile(runtime, i, withRows, cap));
  const loss = (name: string, cap: number | undefined) =>
    namedFunction(runtime, name, (i: LossInputs) => crossEntropy(i, cap));
  return {
    likelihoodTile: tiles('head', false, cap),
    gradientTile: tiles('head-gradient', true, cap),
    plainTile: tiles('head-gradient-without-cap', true, undefined),
    loss: loss('cross-entropy', cap),
    plainLoss: loss('cross-entropy-without-cap', undefined),
    norm: namedFunction(runtime, 'final-norm', (i: { x: tf.Tensor; weight: tf.Tensor }) => ({
      y: rmsNorm(i.x, i.weight, epsilon),
    })),
    normGradient: namedFunction(
      runtime,
      'final-norm-gradient',
      (i: { x: tf.Tensor; weight: tf.Tensor; dy: tf.Tensor }) => ({
        dx: rmsNormGradient(i.x, i.weight, epsilon, i.dy),
      }),
    ),
    weightGradient: namedFunction(
      runtime,
      'final-norm-weight-gradient',
      (i: { x: tf.Tensor; dy: tf.Tensor }) => ({ dWeight: rmsNormWeightGradient(i.x, epsilon, i.dy) }),
    ),
    distilled: distilledHead(runtime, cap),
  };
}
