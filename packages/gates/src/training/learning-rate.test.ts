import { describe, expect, it } from 'vitest';
import { adamW } from './adamw.js';
import { annealed } from './learning-rate.js';

describe('annealed', () => {
  it('rises, then falls to nothing', () => {
    const rate = annealed(0.1, 100);
    expect(rate(1)).toBeCloseTo(0.1 / 8, 12);
    expect(rate(8)).toBeCloseTo(0.1 * 0.93, 12);
    expect(rate(51)).toBeCloseTo(0.05, 12);
    expect(rate(100)).toBeCloseTo(0.001, 12);
    expect(rate(101)).toBe(0);
  });

  it('is what AdamW takes at each update', () => {
    const fixed = [0.3, 0.1].map((learningRate) => adamW({ learningRate }));
    const changing = adamW({ learningRate: (update) => (update === 1 ? 0.3 : 0.1) });
    const run = (optimizers: ReturnType<typeof adamW>[]) => {
      const parameters = Float32Array.of(1, -2);
      let state = optimizers[0]!.init(2);
      for (const optimizer of optimizers)
        state = optimizer.update(parameters, Float32Array.of(0.5, 2), state);
      return parameters;
    };
    expect(run([changing, changing])).toEqual(run(fixed));
  });
});
