import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokenScores } from './token-scores.js';

it('scores tokens by the softmax, the likeliest first', () => {
  const logits = Float32Array.from([0.1, 0.4, 0.2, 0.3], (p) => Math.log(p) + 7);
  const { logprob, likeliest } = tokenScores(logits, 2, 3);
  expect(Math.exp(logprob)).toBeCloseTo(0.2, 5);
  expect(likeliest.map(({ id }) => id)).toEqual([1, 3, 2]);
  expect(Math.exp(likeliest[1]!.logprob)).toBeCloseTo(0.3, 5);
});

it('finds the largest of any logits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 30 }),
      fc.nat(20),
      (values, count) => {
        const { likeliest } = tokenScores(Float32Array.from(values), 0, count);
        const sorted = [...values].sort((a, b) => b - a).slice(0, count);
        expect(likeliest.map(({ id }) => values[id])).toEqual(sorted);
      },
    ),
  );
});
