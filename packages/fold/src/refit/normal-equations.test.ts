import { normals } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { FoldError } from '../errors.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { type NormalEquations, solveAnchored } from './normal-equations.js';

/** Equations of random inputs `[tokens, n]` and outputs `[tokens, m]`, summed plainly. */
function equationsOf(h: Float32Array, r: Float32Array, n: number, m: number): NormalEquations {
  const gram = new Float64Array(n * n);
  const cross = new Float64Array(n * m);
  for (let t = 0; t < h.length / n; t++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) gram[i * n + j]! += h[t * n + i]! * h[t * n + j]!;
      for (let c = 0; c < m; c++) cross[i * m + c]! += h[t * n + i]! * r[t * m + c]!;
    }
  }
  return { inputs: n, outputs: m, gram, cross };
}

function missed(h: Float32Array, r: Float32Array, n: number, m: number, w: ArrayLike<number>): number {
  let sum = 0;
  for (let t = 0; t < h.length / n; t++) {
    for (let c = 0; c < m; c++) {
      let y = 0;
      for (let i = 0; i < n; i++) y += h[t * n + i]! * w[i * m + c]!;
      sum += (r[t * m + c]! - y) ** 2;
    }
  }
  return sum;
}

describe('cholesky', () => {
  // Sizes around the panel's, odd and even.
  it.each([1, 2, 5, 47, 48, 49, 131])('solves %i equations', (n) => {
    const m = 67;
    const { gram } = equationsOf(normals(n * (n + 9), n), new Float32Array(0), n, 0);
    const a = Float64Array.from(gram);
    const x = Float64Array.from(normals(n * m, n + 1));
    const b = new Float64Array(n * m);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let c = 0; c < m; c++) b[i * m + c]! += gram[i * n + j]! * x[j * m + c]!;
    cholesky(a, n);
    choleskySolve(a, n, b, m);
    expect(Math.max(...b.map((value, i) => Math.abs(value - x[i]!)))).toBeLessThan(1e-8); // measured 4e-11
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBe(false);
    expect(cholesky(Float64Array.of(1, 1, 1, 1), 2)).toBe(false); // singular
    expect(cholesky(Float64Array.of(Number.NaN), 1)).toBe(false);
  });
});

describe('solveAnchored', () => {
  const [n, m, tokens] = [12, 5, 200];
  const h = normals(tokens * n, 1);
  const w = normals(n * m, 2);
  const r = Float32Array.from({ length: tokens * m }, (_, at) => {
    let y = 0;
    for (let i = 0; i < n; i++) y += h[Math.floor(at / m) * n + i]! * w[i * m + (at % m)]!;
    return y;
  });
  const equations = equationsOf(h, r, n, m);
  const anchor = normals(n * m, 3);

  it('keeps the anchor where no token has an input', () => {
    const silent = { inputs: 2, outputs: 1, gram: new Float64Array(4), cross: new Float64Array(2) };
    expect(solveAnchored(silent, [3, 4], 1e-3)).toEqual({ weights: Float64Array.of(3, 4), error: 0 });
  });

  it('finds the matrix that made the outputs', () => {
    const { weights: found } = solveAnchored(equations, anchor, 0);
    expect(Math.max(...found.map((value, i) => Math.abs(value - w[i]!)))).toBeLessThan(1e-6); // inputs are float32
  });

  it('damps by a multiple of the mean of the Gram diagonal', () => {
    const diagonal = { inputs: 2, outputs: 1, gram: [2, 0, 0, 4], cross: [10, 20] };
    const { weights } = solveAnchored(diagonal, [1, 2], 0.5); // λ = 0.5 · (2 + 4) / 2
    expect(weights[0]).toBeCloseTo((10 + 1.5 * 1) / (2 + 1.5), 12);
    expect(weights[1]).toBeCloseTo((20 + 1.5 * 2) / (4 + 1.5), 12);
  });

  it('stays at the anchor as the damping grows', () => {
    const { weights: found } = solveAnchored(equations, anchor, 1e9);
    expect(Math.max(...found.map((value, i) => Math.abs(value - anchor[i]!)))).toBeLessThan(1e-6);
  });

  it('keeps weights of inputs that never occur', () => {
    const silent = Float32Array.from(h, (value, at) => (at % n === 4 ? 0 : value));
    const { weights: found } = solveAnchored(equationsOf(silent, r, n, m), anchor, 1e-3);
    for (let c = 0; c < m; c++) expect(found[4 * m + c]).toBeCloseTo(anchor[4 * m + c]!, 9);
  });

  it('misses least without damping, and tells how much it misses', () => {
    const noisy = r.map((value, i) => value + normals(r.length, 4)[i]! * 0.1);
    const noisyEquations = equationsOf(h, noisy, n, m);
    const squares = noisy.reduce((sum, value) => sum + value * value, 0);
    const errors = [0, 1e-2, 1].map((damping) => {
      const { weights, error } = solveAnchored(noisyEquations, anchor, damping);
      expect(error + squares).toBeCloseTo(missed(h, noisy, n, m, weights), 2);
      return error;
    });
    expect([...errors].sort((a, b) => a - b)).toEqual(errors);
  });

  it('takes the solution of another solver, and its word that there is none', () => {
    const other = solveAnchored(equations, anchor, 0, (_, b) => b.fill(2));
    expect(other.weights.every((value) => value === 2)).toBe(true);
    expect(() => solveAnchored(equations, anchor, 0, () => undefined)).toThrow(/not positive definite/);
  });

  it('refuses sizes that disagree', () => {
    expect(() => solveAnchored(equations, anchor.subarray(1), 0)).toThrow(FoldError);
    for (const damping of [Number.NaN, -1]) {
      expect(() => solveAnchored(equations, anchor, damping)).toThrow(
        /damping must be a number of at least 0/,
      );
    }
    expect(() => solveAnchored(equations, normals(n * m + 1, 3), 0)).toThrow(/60 and 61 entries/);
    expect(() => solveAnchored({ ...equations, gram: [1] }, anchor, 0)).toThrow(
      /12 inputs and 5 outputs: received 1,/,
    );
  });
});
