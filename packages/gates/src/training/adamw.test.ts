import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { adamW } from './adamw.js';

describe('adamW', () => {
  it('follows the formula of the paper in double precision over many steps', () => {
    const optimizer = adamW({ learningRate: 0.05, betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: 0.1 });
    const parameters = Float32Array.of(0.5, -2, 3);
    let state = optimizer.init(3);
    const expected = [0.5, -2, 3];
    const m = [0, 0, 0];
    const v = [0, 0, 0];
    for (let t = 1; t <= 50; t++) {
      const gradients = expected.map((_, i) => Math.sin(t * (i + 1)) * 10 ** (i - 1));
      state = optimizer.update(parameters, Float32Array.from(gradients), state);
      gradients.forEach((g, i) => {
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.99 * v[i]! + 0.01 * g * g;
        const mHat = m[i]! / (1 - 0.9 ** t);
        const vHat = v[i]! / (1 - 0.99 ** t);
        expected[i] = expected[i]! * (1 - 0.05 * 0.1) - (0.05 * mHat) / (Math.sqrt(vHat) + 1e-8);
      });
    }
    expect(state.step).toBe(50);
    expected.forEach((value, i) => {
      expect(parameters[i]).toBeCloseTo(value, 5);
    });
  });

  test.prop([fc.array(fc.float({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 9 })])(
    'moves by the learning rate against the sign of the first gradient, and not at all without one',
    (gradients) => {
      const optimizer = adamW();
      const parameters = new Float32Array(gradients.length);
      optimizer.update(parameters, Float32Array.from(gradients), optimizer.init(gradients.length));
      gradients.forEach((gradient, i) => {
        if (gradient === 0) expect(parameters[i]).toBe(0);
        else if (Math.abs(gradient) > 1e-4) expect(parameters[i]).toBeCloseTo(-0.01 * Math.sign(gradient), 4);
      });
    },
  );
});
