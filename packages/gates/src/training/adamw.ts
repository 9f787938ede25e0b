import { StateError } from '../errors.js';
import type { LearningRate } from './learning-rate.js';
import type { Optimizer } from './optimizer.js';

export interface AdamWOptions {
  /** One for all updates, or one for each. Default 1e-2, as in the paper. */
  readonly learningRate?: number | LearningRate;
  /** Decay of the two moments. Default [0.9, 0.99], as in the paper. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay. Default 0. */
  readonly weightDecay?: number;
}

/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101) as PyTorch computes it: parameters and moments are float32, bias
 * corrections and step size double. Defaults are the paper's.
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { learningRate = 1e-2, betas = [0.9, 0.99], epsilon = 1e-8, weightDecay = 0 } = options;
  const [beta1, beta2] = betas;
  const rateAt = typeof learningRate === 'number' ? () => learningRate : learningRate;
  return {
    init: (size) => ({
      step: 0,
      vectors: { firstMoment: new Float32Array(size), secondMoment: new Float32Array(size) },
    }),

    update(parameters, gradients, state) {
      const { firstMoment, secondMoment } = state.vectors;
      if (!firstMoment || !secondMoment) throw new StateError('The optimiser state was not made by AdamW.');
      const step = state.step + 1;
      const rate = rateAt(step);
      const stepSize = rate / (1 - beta1 ** step);
      const rootCorrection = Math.sqrt(1 - beta2 ** step);
      const decay = 1 - rate * weightDecay;
      for (let index = 0; index < parameters.length; index++) {
        const gradient = gradients[index]!;
        firstMoment[index]! += (1 - beta1) * (gradient - firstMoment[index]!);
        secondMoment[index] = beta2 * secondMoment[index]! + (1 - beta2) * gradient * gradient;
        const denominator = Math.sqrt(secondMoment[index]!) / rootCorrection + epsilon;
        parameters[index] = decay * parameters[index]! - (stepSize * firstMoment[index]!) / denominator;
      }
      return { step, vectors: state.vectors };
    },
  };
}
