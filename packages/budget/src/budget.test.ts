import { describe, expect, it } from 'vitest';
import { budgetFromKeepRatio, createBudget } from './budget.js';
import { flopCosts, kvCacheCosts, paperCosts, parameterCosts } from './decoder-costs.js';
import { BudgetError } from './errors.js';
import { createLayout } from './layout.js';

/** SmolLM2-135M: 30 layers, hidden size 576, 1536 channels, 9 heads in 3 groups of size 64. */
const shape = { hiddenSize: 576, headDim: 64, queriesPerKvHead: 3 };
const layout = createLayout(
  Array.from({ length: 30 }, (_, layer) => [
    { layer, kind: 'ffn', count: 1536, cost: paperCosts(shape).ffn },
    { layer, kind: 'kv', count: 3, cost: paperCosts(shape).kv },
  ]).flat(),
);

describe('budgets', () => {
  it('are a share of the total cost', () => {
    // The budget that the paper's code has for this model: reference/smollm2.json, budget_cost.
    expect(budgetFromKeepRatio(layout, 0.5).limit).toBeCloseTo(30720, 9);
    expect(budgetFromKeepRatio(layout, 1).limit).toBe(layout.totalCost);
  });

  it('count parameters', () => {
    const budget = createBudget(layout, { name: 'parameters', costs: parameterCosts(shape), keep: 1 });
    // 30 · (3 · 576 · 1536 + 576 · 64 · (2 · 9 + 2 · 3))
    expect(budget.limit).toBe(106_168_320);
    expect(createBudget(layout, { costs: parameterCosts(shape), limit: 8e7 }).limit).toBe(8e7);
  });

  it('count KV-cache bytes, which channels do not have', () => {
    const budget = createBudget(layout, { name: 'KV bytes', costs: kvCacheCosts(shape), keep: 0.5 });
    expect(budget.limit).toBe((30 * 3 * 2 * 64 * 2) / 2);
    expect(budget.costs.slice(0, 2)).toEqual([0, 256]);
  });

  it.each([0, -0.1, 1.01, Number.NaN, Number.POSITIVE_INFINITY])('refuse a keep ratio of %d', (keep) => {
    expect(() => budgetFromKeepRatio(layout, keep)).toThrow(BudgetError);
    expect(() => budgetFromKeepRatio(layout, keep)).toThrow(/above 0 and at most 1/);
  });

  it('refuse a kind without a cost, and a limit that is no number', () => {
    expect(() => createBudget(layout, { name: 'bytes', costs: { ffn: 1 }, keep: 0.5 })).toThrow(/layer 0 kv/);
    expect(() => createBudget(layout, { limit: Number.NaN })).toThrow(/limit of the prunable cost budget/);
  });
});

describe('decoder costs', () => {
  it('are in proportion to parameters in the paper', () => {
    const [paper, parameters] = [paperCosts(shape), parameterCosts(shape)];
    expect(paper.kv / paper.ffn).toBeCloseTo(parameters.kv / parameters.ffn, 12);
    expect(paperCosts({ hiddenSize: 4096, headDim: 128, queriesPerKvHead: 1 })).toEqual({
      ffn: 1,
      kv: 512 / 3,
    });
  });

  it('count the rows of biases', () => {
    const biased = parameterCosts({ ...shape, attentionBias: true });
    expect(biased.kv - parameterCosts(shape).kv).toBe((3 + 1 + 1) * 64);
  });

  it('count attention over the positions before a token', () => {
    const { ffn, kv } = flopCosts(shape, 1);
    expect(ffn).toBe(2 * 3 * 576);
    // One position: weights, then a dot product and a weighted vector of 64 for each of 3 heads.
    expect(kv).toBe(2 * 8 * 64 * 576 + 3 * 2 * 2 * 64);
  });
});
