import { describe, expect, it } from 'vitest';
import { gateProbabilities, projectedStraightThrough } from './straight-through.js';

describe('projectedStraightThrough', () => {
  const scores = Float32Array.of(-3, -0.2, 0, 0.7, 5);
  const mask = Uint8Array.of(0, 1, 0, 1, 1);
  const parametrisation = projectedStraightThrough(() => mask, 1.5);

  it('shows the model the hard mask', () => {
    expect(Array.from(parametrisation(scores, 0).values)).toEqual([0, 1, 0, 1, 1]);
  });

  it('differentiates the probability, whatever the mask', () => {
    // L = Σ c_i z_i with dz/ds = dp/ds: central differences of Σ c_i p_i, in double.
    const coefficients = Float32Array.of(1, -2, 3, 0.5, 10);
    const gradients = new Float32Array(5);
    parametrisation(scores, 0).pullback(coefficients, gradients);
    const p = (score: number) => 1 / (1 + Math.exp(-score / 1.5));
    scores.forEach((score, unit) => {
      const slope = (p(score + 1e-5) - p(score - 1e-5)) / 2e-5;
      expect(gradients[unit]! / (coefficients[unit]! * slope)).toBeCloseTo(1, 5);
    });
  });

  it('stays finite for scores far out', () => {
    expect(Array.from(gateProbabilities(Float32Array.of(-1e6, 1e6), 1.5))).toEqual([0, 1]);
  });
});
