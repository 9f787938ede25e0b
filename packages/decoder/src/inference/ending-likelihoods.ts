import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import type { Pass } from '../layers/prepared-layers.js';
import { type ContinuationBatch, visibleKeys } from './continuations.js';
import { hiddenStates } from './hidden-states.js';

/** Negative log-likelihood of each ending token, `[M]`. */
export function endingLikelihoods(
  { head, positions: all }: DecoderParts,
  passes: readonly Pass[],
  norm: tf.Tensor,
  batch: ContinuationBatch,
): tf.Tensor {
  const { tokens, positions, predictors, targets } = batch;
  const ofTokens = all.of(positions, tokens.shape[0]);
  const x = hiddenStates(head, passes, tokens.ids, ofTokens, visibleKeys(batch)); // [B·T, d]
  const predicting = tf.gather(x, tf.tensor1d(predictors, 'int32')); // [M, d]
  return head.negLogLikelihood(predicting, norm, targets);
}
