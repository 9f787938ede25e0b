import { decoderConfig } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { refitCost } from './refit-cost.js';

// One layer: an output matrix of 4 heads · 8 = 32 inputs, and one of 40 inputs.
const config = decoderConfig({
  model_type: 'llama',
  hidden_size: 32,
  intermediate_size: 40,
  num_attention_heads: 4,
  num_hidden_layers: 1,
  vocab_size: 10,
});
const [N, d] = [100, 32];
const weights = 4 * d * 32 + 3 * d * 40;

describe('refitCost', () => {
  it('counts the passes of each stream, and the sums over the kept inputs of each output matrix', () => {
    const sums = (n: number) => 2 * N * (n * n + 2 * n * d);
    const operations = (streams: 1 | 2, keep: number) =>
      refitCost(config, { tokens: N, streams, even: true }, keep, 4).operations;
    expect(operations(1, 1)).toBe(2 * N * weights + sums(32) + sums(40));
    expect(operations(2, 0.5)).toBe(2 * 2 * N * weights + sums(16) + sums(20));
  });

  it('counts a Cholesky factor and two triangular solves for each output matrix', () => {
    const solve = (n: number) => n ** 3 / 3 + 2 * n ** 2 * d;
    const { solveOperations } = refitCost(config, { tokens: N, streams: 1, even: true }, 0.5, 4);
    expect(solveOperations).toBeCloseTo(solve(16) + solve(20), 6);
  });

  it('holds all text and the equations of the widest output matrix', () => {
    const bytes = (element: number, even: boolean) =>
      refitCost(config, { tokens: N, streams: 2, even }, 0.5, element).bytes;
    const equations = (n: number) => 32 * n ** 2 + 52 * n * d;
    expect(bytes(4, true)).toBe(2 * 4 * N * d + 4 * N * 20 + equations(20));
    expect(bytes(2, true)).toBe(2 * 4 * N * d + 2 * N * 20 + equations(20));
    expect(bytes(2, false)).toBe(2 * 4 * N * d + 2 * N * 40 + equations(40)); // may be kept whole
  });
});
