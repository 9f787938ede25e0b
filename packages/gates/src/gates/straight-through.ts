import type { Parametrisation } from '../training/parameter-group.js';

/** Chooses the mask of a step: typically a projection of the probabilities onto a budget. */
export type MaskRule = (probabilities: Float32Array, step: number) => Uint8Array;

/** `p = sigmoid(s / τ)` for each score, in float32. */
export function gateProbabilities(scores: Float32Array, temperature: number): Float32Array {
  const probabilities = new Float32Array(scores.length);
  for (let unit = 0; unit < scores.length; unit++) {
    probabilities[unit] = 1 / (1 + Math.exp(-Math.fround(scores[unit]! / temperature)));
  }
  return probabilities;
}

/**
 * The projected straight-through estimator (GRASPrune, arXiv 2604.19398, section 3). The gate is
 * `z = m + p − stopgrad(p)`: the model sees the hard mask `m` chosen from `p`, and the scores learn through
 * `dL/ds = dL/dz · p(1 − p) / τ`, whether a unit is kept or not.
 *
 * @param chooseMask the mask for the probabilities of a step.
 * @param temperature `τ`, 1.5 in the paper.
 */
export function projectedStraightThrough(chooseMask: MaskRule, temperature: number): Parametrisation {
  return (scores, step) => {
    const probabilities = gateProbabilities(scores, temperature);
    return {
      values: Float32Array.from(chooseMask(probabilities, step)),
      pullback(gateGradients, out) {
        for (let unit = 0; unit < out.length; unit++) {
          const p = probabilities[unit]!;
          out[unit] = (gateGradients[unit]! * p * (1 - p)) / temperature;
        }
      },
    };
  };
}
