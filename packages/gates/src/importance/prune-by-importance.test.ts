import { budgetFromKeepRatio, createLayout, projectExact } from '@grasp/budget';
import { describe, expect, it } from 'vitest';
import { NonFiniteError, TrainingOptionError } from '../errors.js';
import type { GatedModel } from '../model/gated-model.js';
import { decodeImportanceState, encodeImportanceState } from '../state/state-file.js';
import { relaxedBudget } from './budget-schedule.js';
import { addSquares, nestedScores, valueDensity } from './importance.js';
import { initialImportanceState } from './importance-state.js';
import { type ImportanceOptions, maskFromImportance, pruneByImportance } from './prune-by-importance.js';

/** `L = ½ Σ_i w_i (batch · z_i)²`, so that a unit's squared gradient is `w_i² z_i² batch⁴`; pruned ones show as at 1. */
const worth = [1, 9, 2, 8, 3, 7, 3, 30, 5, 20];
const layout = createLayout([
  { layer: 0, kind: 'ffn', count: 6, cost: 1 },
  { layer: 0, kind: 'kv', count: 4, cost: 3 },
]);
const model: GatedModel<number> = {
  layout,
  async lossAndGateGradients(batch, gates) {
    return {
      loss: worth.reduce((sum, w, i) => sum + 0.5 * w * (batch * gates[i]!) ** 2, 0),
      gradients: Float32Array.from(worth, (w) => w * batch ** 2),
    };
  },
};
const budget = budgetFromKeepRatio(layout, 0.5);
const options: ImportanceOptions = {
  rounds: 4,
  batchesPerRound: 3,
  chooseMask: (density, share) => projectExact(density, layout, relaxedBudget(layout, budget, share)),
};
const batchAt = (step: number) => 1 + (step % 5) / 10;

describe('pruneByImportance', () => {
  it('keeps what matters most for its cost, under a budget that tightens', async () => {
    const state = initialImportanceState(model);
    const costs: number[] = [];
    for await (const { keptCost, round, step } of pruneByImportance(model, batchAt, options, state)) {
      expect(round).toBe(Math.floor(step / 3));
      costs.push(keptCost);
    }
    expect(costs).toHaveLength(12);
    expect(costs[0]).toBe(layout.totalCost);
    expect([...costs].sort((a, b) => b - a)).toEqual(costs);
    // Squares per cost: 1 81 4 64 9 49 | 3 300 8.3 133; budget 9: both large groups (6) and three channels.
    expect(Array.from(maskFromImportance(model, state, options))).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  it.each([1, 3, 7])('gives the same numbers when saved after %i steps and resumed', async (stop) => {
    const whole = initialImportanceState(model);
    for await (const _ of pruneByImportance(model, batchAt, options, whole));
    let saved: Uint8Array | undefined;
    for await (const { state } of pruneByImportance(model, batchAt, options)) {
      if (state.step < stop) continue;
      saved = encodeImportanceState(state, 'importance');
      break;
    }
    const resumed = decodeImportanceState(saved!, 'importance');
    for await (const _ of pruneByImportance(model, batchAt, options, resumed));
    expect(resumed).toEqual(whole);
  });

  it('averages the squares of all batches so far', async () => {
    const state = initialImportanceState(model);
    const few = { ...options, rounds: 2, batchesPerRound: 2 };
    for await (const _ of pruneByImportance(model, (step) => step + 1, few, state));
    expect(state.squares[1]! / 81).toBeCloseTo((1 + 2 ** 4 + 3 ** 4 + 4 ** 4) / 4, 3);
  });

  it('never takes back what it removed, however steep the loss becomes there', async () => {
    const rising: GatedModel<number> = {
      layout,
      async lossAndGateGradients(batch, gates) {
        const { loss, gradients } = await model.lossAndGateGradients(batch, gates);
        return { loss, gradients: gradients.map((g, i) => (gates[i] === 0 ? 1e3 : g)) };
      },
    };
    let before: Uint8Array = new Uint8Array(layout.size).fill(1);
    for await (const { mask } of pruneByImportance(rising, batchAt, options)) {
      expect(mask.every((kept, unit) => kept <= before[unit]!)).toBe(true);
      before = mask;
    }
  });

  it('ranks what it removed below what it kept, so that the scores serve budgets passed on the way', async () => {
    const state = initialImportanceState(model);
    const masks: Uint8Array[] = [];
    for await (const { mask } of pruneByImportance(model, batchAt, options, state)) masks.push(mask);
    masks.push(maskFromImportance(model, state, options));
    for (const mask of masks) {
      const [kept, removed] = [1, 0].map((bit) => [...state.scores].filter((_, unit) => mask[unit] === bit));
      expect(Math.min(...kept!)).toBeGreaterThan(Math.max(...removed!));
    }
  });

  it('stops at a loss that is not finite, with the state of the last good step', async () => {
    const state = initialImportanceState(model);
    const failing = (step: number) => (step === 2 ? Number.NaN : batchAt(step));
    const run = async () => {
      for await (const _ of pruneByImportance(model, failing, options, state));
    };
    await expect(run()).rejects.toThrow(NonFiniteError);
    expect(state.step).toBe(2);
  });

  it('refuses rounds without batches', async () => {
    const run = async () => {
      for await (const _ of pruneByImportance(model, batchAt, { ...options, batchesPerRound: 0 }));
    };
    await expect(run()).rejects.toThrow(TrainingOptionError);
  });
});

describe('importance', () => {
  it('ranks units by when they were removed, then by density', () => {
    const first = nestedScores(
      new Float32Array(5),
      Float32Array.of(5, 1, 4, 2, 3),
      new Uint8Array(5).fill(1),
    );
    expect(Array.from(first)).toEqual([5, 1, 4, 2, 3]);
    const second = nestedScores(first, Float32Array.of(5, 9, 3, 9, 4), Uint8Array.of(1, 0, 1, 0, 1));
    expect(Array.from(second)).toEqual([5, Math.fround(-2 / 3), 3, Math.fround(-1 / 3), 4]);
    const third = nestedScores(second, new Float32Array(5).fill(7), Uint8Array.of(1, 0, 0, 0, 0));
    expect([...third.entries()].sort(([, a], [, b]) => b - a).map(([unit]) => unit)).toEqual([0, 4, 2, 3, 1]);
  });

  it('is a mean of squares, and counts by cost', () => {
    const mean = new Float32Array(10);
    [1, 1 / 2, 1 / 3].forEach((weight, i) => {
      addSquares(mean, new Float32Array(10).fill(i + 1), weight);
    });
    expect(mean[0]).toBeCloseTo(14 / 3, 6);
    const density = valueDensity(layout, mean);
    expect(density[0]).toBeCloseTo(14 / 3, 6);
    expect(density[9]).toBeCloseTo(14 / 9, 6);
  });
});
