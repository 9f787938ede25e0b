import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sampling, sampleToken } from './sample-token.js';

const logits = Float32Array.from([0.5, 0.2, 0.2, 0.1], Math.log);
const shares = (options: Sampling, draws = 1000): number[] => {
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

  it('takes the likeliest tokens only, of equal ones the first', () => {
    const all = { temperature: 1, topP: 1 };
    expect(shares({ ...all, topK: 1 })).toEqual([1, 0, 0, 0]);
    expect(shares({ ...all, topK: 2 })).toEqual([0.714, 0.286, 0, 0]);
    for (const topK of [4, 9, undefined]) expect(shares({ ...all, topK })).toEqual([0.5, 0.2, 0.2, 0.1]);
  });

  it('leaves out tokens that are unlikely beside the likeliest one', () => {
    const all = { temperature: 1, topP: 1 };
    expect(shares({ ...all, minP: 0.39 }, 900)).toEqual([5 / 9, 2 / 9, 2 / 9, 0]);
    expect(shares({ ...all, minP: 0.41 })).toEqual([1, 0, 0, 0]);
    expect(shares({ ...all, minP: 1 })).toEqual([1, 0, 0, 0]);
    // At a higher temperature the others come closer.
    expect(shares({ ...all, temperature: 2, minP: 0.41 })[1]).toBeGreaterThan(0.2);
  });

  it('takes the nucleus of what is left, as vLLM does', () => {
    // Of 0.5 and 0.2, 0.7 of the probability is 0.49. Of all tokens, it is 0.7.
    expect(shares({ temperature: 1, topP: 0.7, topK: 2 })).toEqual([1, 0, 0, 0]);
    expect(shares({ temperature: 1, topP: 0.55, minP: 0.39 })).toEqual([1, 0, 0, 0]);
    expect(shares({ temperature: 1, topP: 0.55 })[1]).toBeGreaterThan(0);
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
