import { budgetFromKeepRatio, maskCost, projectExact } from '@grasp/budget';
import { describe, expect, it } from 'vitest';
import { toyModel } from '../../test/toy-model.js';
import { NonFiniteError } from '../errors.js';
import { decodeState, encodeState } from '../state/state-file.js';
import { epochOrder } from '../training/epoch-order.js';
import { type GateOptions, initialGateState, learnGates, maskFromScores } from './learn-gates.js';

const worth = [-1, 9, -2, 8, -3, 7, 9, -1, 5, -2, 8, -4];
const model = toyModel(worth);
const budget = budgetFromKeepRatio(model.layout, 0.5);
const order = epochOrder(7, 1, 42);
const batchAt = (step: number) => (order.rowsAt(step)[0]! - 3) / 10;
const options: GateOptions = { steps: 60, chooseMask: (p) => projectExact(p, model.layout, budget) };

describe('learnGates', () => {
  it('keeps the units that matter, within the budget at every step', async () => {
    const state = initialGateState(model, options);
    const steps: number[] = [];
    for await (const record of learnGates(model, batchAt, options, state)) {
      steps.push(record.step);
      expect(record.keptCost).toBe(maskCost(model.layout, record.mask));
      expect(record.keptCost).toBeLessThanOrEqual(budget.limit);
    }
    expect(steps).toEqual(Array.from({ length: 60 }, (_, step) => step));
    expect(state.losses).toHaveLength(60);
    expect(Array.from(maskFromScores(state, options))).toEqual(
      // Budget 12: the three channels and the three groups of positive worth.
      [0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0],
    );
  });

  it.each([1, 17, 59])('gives the same numbers when saved after %i steps and resumed', async (stop) => {
    const whole = initialGateState(model, options);
    for await (const _ of learnGates(model, batchAt, options, whole));

    let saved = new Uint8Array(0);
    for await (const { state } of learnGates(model, batchAt, options)) {
      if (state.step < stop) continue;
      saved = encodeState(state, 'gates') as Uint8Array<ArrayBuffer>;
      break;
    }
    const resumed = decodeState(saved, 'gates');
    for await (const _ of learnGates(model, batchAt, options, resumed));
    expect(resumed).toEqual(whole);
  });

  it('does not touch the initial scores', async () => {
    const initialScores = Float32Array.from(worth);
    for await (const _ of learnGates(model, batchAt, { ...options, initialScores }));
    expect(Array.from(initialScores)).toEqual(worth);
  });

  it('stops at a loss that is not finite, with the state of the last good step', async () => {
    const state = initialGateState(model, options);
    const failing = (step: number) => (step === 5 ? Number.NaN : batchAt(step));
    const run = async () => {
      for await (const _ of learnGates(model, failing, options, state));
    };
    await expect(run()).rejects.toThrow(NonFiniteError);
    expect(state.step).toBe(5);
    expect(state.losses).toHaveLength(5);
    expect(state.parameters.gates!.every(Number.isFinite)).toBe(true);
  });

  it('names the unit of a gradient that is not finite', async () => {
    const broken = {
      layout: model.layout,
      lossAndGateGradients: async () => ({
        loss: 1,
        gradients: Float32Array.from(worth, (_, unit) => (unit === 8 ? Number.POSITIVE_INFINITY : 0)),
      }),
    };
    await expect(learnGates(broken, batchAt, options).next()).rejects.toThrow(
      /Step 0: The gradient of unit 8 \(layer 0 kv\) is Inf/,
    );
  });

  it('adds the step to what a model says of its own loss, and leaves other errors alone', async () => {
    const failing = (error: Error) => ({
      layout: model.layout,
      lossAndGateGradients: () => Promise.reject(error),
    });
    const found = Object.assign(new Error('Layer 3 is NaN.'), { code: 'GRASP_NON_FINITE' });
    await expect(learnGates(failing(found), batchAt, options).next()).rejects.toMatchObject({
      message: 'Step 0: Layer 3 is NaN. The parameters are as they were before this step.',
      cause: found,
    });
    const other = new Error('no memory');
    await expect(learnGates(failing(other), batchAt, options).next()).rejects.toBe(other);
  });

  it('refuses options that make no sense', async () => {
    await expect(learnGates(model, batchAt, { ...options, steps: 1.5 }).next()).rejects.toThrow(
      /received 1.5/,
    );
    await expect(learnGates(model, batchAt, { ...options, temperature: 0 }).next()).rejects.toThrow(
      /temperature/,
    );
  });
});
