import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleToken } from './sample-token.js';

const logits = Float32Array.from([0.5, 0.2, 0.2, 0.1], Math.log);
const shares = (options: { temperature: number; topP: number }, draws = 1000): number[] => {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) counts[sampleToken(logits, options, (i + 0.5) / draws)]!++;
  return counts.map((count) => count / draws);
};

describe('sampleToken', () => {
  it('takes tokens as often as they are likely', () => {
    expect(shares({ temperature: 1, topP: 1 })).toEqual([0.5, 0.2, 0.2, 0.1]);
  });

  it('sharpens and flattens with the temperature', () => {
    const squared = [0.25, 0.04, 0.04, 0.01].map((p) => p / 0.34);
    shares({ temperature: 0.5, topP: 1 }).forEach((share, id) => {
      expect(share).toBeCloseTo(squared[id]!, 2);
    });
    expect(shares({ temperature: 0, topP: 1 })).toEqual([1, 0, 0, 0]);
  });

  it('leaves out what is beyond the nucleus, and keeps at least the likeliest', () => {
    expect(shares({ temperature: 1, topP: 0.7 })).toEqual([0.714, 0.286, 0, 0]);
    expect(shares({ temperature: 1, topP: 1e-6 })).toEqual([1, 0, 0, 0]);
  });

  it('picks from the smallest set of likeliest tokens that has the probability asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0.05, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (values, topP, temperature, uniform) => {
          const id = sampleToken(Float32Array.from(values), { temperature, topP }, uniform);
          const weights = Array.from(Float32Array.from(values), (value) => Math.exp(value / temperature));
          const total = weights.reduce((sum, w) => sum + w, 0);
          const likelier = weights.filter((w) => w > weights[id]!).reduce((sum, w) => sum + w, 0);
          expect(likelier).toBeLessThanOrEqual(topP * total * (1 + 1e-9));
        },
      ),
    );
  });
});
