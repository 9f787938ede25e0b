import { createLayout } from '@grasp/budget';
import { decodeState, encodeState, type GatedModel } from '@grasp/gates';
import { describe, expect, it } from 'vitest';
import { calibrateScales, initialScaleState } from './calibrate-scales.js';
import { scaledMask, scalesFromScores } from './scales.js';

/** Best scales `t_i`: `L(z) = Σ_i (z_i − t_i − batch)² / 2`, over the kept units. */
function targetModel(targets: readonly number[]): GatedModel<number> {
  return {
    layout: createLayout([{ layer: 0, kind: 'ffn', count: targets.length, cost: 1 }]),
    async lossAndGateGradients(batch, gates, { units } = {}) {
      if (units !== 'kept') throw new Error('scales need gradients of kept units only');
      const gaps = targets.map((target, unit) => (gates[unit] === 0 ? 0 : gates[unit]! - target - batch));
      return {
        loss: gaps.reduce((sum, gap) => sum + (gap * gap) / 2, 0),
        gradients: Float32Array.from(gaps),
      };
    },
  };
}

const mask = Uint8Array.of(1, 0, 1, 1);
const model = targetModel([1.2, 0.9, 0.7, 1]);
const batchAt = (step: number) => (step % 2 ? 0.01 : -0.01);

describe('calibrateScales', () => {
  it('finds the scales of kept units and leaves removed ones alone', async () => {
    const state = initialScaleState(model, { steps: 400 });
    for await (const record of calibrateScales(model, mask, batchAt, { steps: 400 }, state)) {
      expect(record.values.scales[1]).toBe(0);
      expect(record.gradients.scales[1]).toBe(0);
    }
    const scales = scalesFromScores(state.parameters.scales!, mask);
    [1.2, 0, 0.7, 1].forEach((target, unit) => {
      expect(scales[unit]).toBeCloseTo(target, 1);
    });
    expect(state.parameters.scales![1]).toBe(0);
  });

  it('starts with every scale at 1', async () => {
    for await (const { loss, gradients } of calibrateScales(model, mask, () => 0, { steps: 1 })) {
      expect(loss).toBeCloseTo((0.2 ** 2 + 0.3 ** 2) / 2, 6);
      // dL/ds = α · (z − t) at s = 0.
      expect(Array.from(gradients.scales, (g) => Math.round(g * 1e6) / 1e6)).toEqual([-0.1, 0, 0.15, 0]);
    }
  });

  it('gives the same numbers when interrupted and resumed', async () => {
    const options = { steps: 30 };
    const whole = initialScaleState(model, options);
    for await (const _ of calibrateScales(model, mask, batchAt, options, whole));
    let saved = new Uint8Array();
    for await (const { state } of calibrateScales(model, mask, batchAt, options)) {
      if (state.step < 11) continue;
      saved = new Uint8Array(encodeState(state, 'scales'));
      break;
    }
    const resumed = decodeState(saved, 'scales');
    for await (const _ of calibrateScales(model, mask, batchAt, options, resumed));
    expect(resumed).toEqual(whole);
  });

  it('refuses an amplitude that could turn a scale to zero', async () => {
    const run = calibrateScales(model, mask, batchAt, { steps: 1, amplitude: 1 });
    await expect(run.next()).rejects.toThrow(/between 0 and 1/);
  });
});

describe('scaledMask', () => {
  it('has the gradient of its gates', () => {
    const scores = Float32Array.of(-1.5, 0.3, 0, 2);
    const gradients = new Float32Array(4);
    scaledMask(mask, 0.5)(scores, 0).pullback(Float32Array.of(1, 2, 3, 4), gradients);
    const scale = (s: number) => 1 + 0.5 * Math.tanh(s);
    scores.forEach((s, unit) => {
      const slope = (scale(s + 1e-5) - scale(s - 1e-5)) / 2e-5;
      expect(gradients[unit]).toBeCloseTo(mask[unit]! * (unit + 1) * slope, 6);
    });
  });
});
