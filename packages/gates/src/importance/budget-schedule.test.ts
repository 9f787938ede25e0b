import { budgetFromKeepRatio, createLayout } from '@grasp/budget';
import { describe, expect, it } from 'vitest';
import { relaxedBudget, removedShare } from './budget-schedule.js';

describe('removedShare', () => {
  it('rises to 1, by less and less', () => {
    const shares = Array.from({ length: 8 }, (_, round) => removedShare(round, 8));
    expect(shares[0]).toBeCloseTo(15 / 64, 15);
    expect(shares[7]).toBe(1);
    const steps = shares.map((share, i) => share - (shares[i - 1] ?? 0));
    expect([...steps].sort((a, b) => b - a)).toEqual(steps);
  });
});

describe('relaxedBudget', () => {
  const layout = createLayout([
    { layer: 0, kind: 'ffn', count: 30, cost: 1 },
    { layer: 0, kind: 'kv', count: 3, cost: 512 / 3 },
  ]);
  const budget = budgetFromKeepRatio(layout, 0.3);

  it('goes from everything to the budget itself', () => {
    expect(relaxedBudget(layout, budget, 0).limit).toBeCloseTo(layout.totalCost, 9);
    expect(relaxedBudget(layout, budget, 1)).toBe(budget);
    expect(relaxedBudget(layout, budget, 0.5).limit).toBeCloseTo(0.65 * layout.totalCost, 9);
  });

  it('leaves a budget alone that removes nothing', () => {
    const generous = { ...budget, limit: 2 * layout.totalCost };
    expect(relaxedBudget(layout, generous, 0.5).limit).toBe(generous.limit);
  });
});
