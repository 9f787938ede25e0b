import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetFromKeepRatio } from '../budget.js';
import { BudgetError, LayoutError } from '../errors.js';
import { projectExact } from '../exact.js';
import { createLayout, keptPerBlock, maskCost } from '../layout.js';
import { layerBudgets } from './layer-budgets.js';
import { outlierKeeps, outlierShare } from './outliers.js';
import { rankWithin } from './rank-within.js';
import { reduceToUnits } from './reduce-to-units.js';
import { standardize } from './standardize.js';

const layout = createLayout(
  [0, 1, 2].flatMap((layer) => [
    { layer, kind: 'ffn', count: 30, cost: 1 },
    { layer, kind: 'kv', count: 4, cost: 5 },
  ]),
);
const anyScores = fc
  .array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: layout.size, maxLength: layout.size })
  .map((values) => Float32Array.from(values));

describe('reduceToUnits', () => {
  it('adds the entries of each unit, as many as its block has', () => {
    const small = createLayout([
      { layer: 0, kind: 'ffn', count: 2, cost: 1 },
      { layer: 0, kind: 'kv', count: 2, cost: 1 },
    ]);
    expect(
      Array.from(
        reduceToUnits(small, [
          [1, 2],
          [1, 2, 3, 4, 5, 6],
        ]),
      ),
    ).toEqual([1, 2, 6, 15]);
    expect(Array.from(reduceToUnits(small, [undefined, [1, 2]]))).toEqual([0, 0, 1, 2]);
    expect(() => reduceToUnits(small, [[1, 2, 3]])).toThrow(LayoutError);
  });
});

describe('standardize', () => {
  it('gives every block mean 0 and deviation 1, and keeps its order', () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        const standard = standardize(layout, scores);
        for (const { start, count } of layout.blocks) {
          const [own, plain] = [standard, scores].map((all) => [...all.subarray(start, start + count)]) as [
            number[],
            number[],
          ];
          const range = Math.max(...plain) - Math.min(...plain);
          if (range < 1e-3) continue;
          expect(own.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 3);
          expect(own.reduce((sum, x) => sum + x ** 2, 0) / (count - 1)).toBeCloseTo(1, 3);
          own.forEach((x, i) => {
            own.forEach((y, j) => {
              if (x > y) expect(plain[i]).toBeGreaterThan(plain[j]!);
            });
          });
        }
      }),
      { numRuns: 20 },
    );
    expect(standardize(layout, new Float32Array(layout.size).fill(3))).toEqual(new Float32Array(layout.size));
  });
});

describe('rankWithin', () => {
  it('keeps the same number of every block of equal size under a global budget, whatever the scores', () => {
    fc.assert(
      fc.property(anyScores, fc.constantFrom(0.3, 0.5, 0.8), (scores, keep) => {
        const mask = projectExact(rankWithin(layout, scores), layout, budgetFromKeepRatio(layout, keep));
        const kept = keptPerBlock(layout, mask);
        for (const kind of [0, 1]) {
          const counts = [...kept].filter((_, block) => block % 2 === kind);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1 + 5 * (1 - kind));
        }
        // The best of each block, no others.
        layout.blocks.forEach(({ start, count }, block) => {
          const best = [...scores.subarray(start, start + count).keys()]
            .sort((a, b) => scores[start + b]! - scores[start + a]! || a - b)
            .slice(0, kept[block]);
          expect(best.every((unit) => mask[start + unit] === 1)).toBe(true);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('keeps shares in the ratio of the keeps', () => {
    const scores = Float32Array.from({ length: layout.size }, (_, i) => Math.sin(i));
    const keeps = [0.2, 0.5, 0.8];
    const ranked = rankWithin(layout, scores, { by: 'layer', keeps });
    const mask = projectExact(ranked, layout, budgetFromKeepRatio(layout, 0.5));
    for (const layer of [0, 1, 2]) {
      const own = layout.blocks.map((block) => (block.layer === layer ? block.cost : 0));
      const cost = own.reduce((sum, c, i) => sum + c * keptPerBlock(layout, mask)[i]!, 0);
      expect(Math.abs(cost / 50 - keeps[layer]!)).toBeLessThan(0.1);
    }
    expect(() => rankWithin(layout, scores, { keeps: [1, 1] })).toThrow(BudgetError);
  });
});

describe('layerBudgets', () => {
  it('bounds every layer by itself', () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        const keeps = [0.4, 0.5, 1];
        const mask = projectExact(scores, layout, layerBudgets(layout, keeps));
        keeps.forEach((keep, layer) => {
          const own = mask.map((bit, unit) => {
            const block = layout.blocks.find(({ start, count }) => unit >= start && unit < start + count)!;
            return block.layer === layer ? bit : 0;
          });
          const cost = maskCost(layout, own);
          expect(cost).toBeLessThanOrEqual(keep * 50);
          expect(cost).toBeGreaterThan(keep * 50 - 5);
        });
      }),
      { numRuns: 20 },
    );
    expect(() => layerBudgets(layout, [0.5])).toThrow(BudgetError);
  });
});

describe('outliers', () => {
  it('counts entries above a multiple of their mean', () => {
    expect(outlierShare([1, 1, 1, 1, 1, 1, 1, 1, 1, 91])).toBe(0.1);
    expect(outlierShare([1, 2, 3])).toBe(0);
  });

  it('lets shares rise with the outliers, around the keep', () => {
    const keeps = outlierKeeps([0.01, 0.03, 0.02], 0.5, 0.1);
    expect(keeps.map((keep) => Number(keep.toFixed(6)))).toEqual([0.4, 0.6, 0.5]);
    expect(outlierKeeps([0.1, 0.1], 0.5)).toEqual([0.5, 0.5]);
    expect(() => outlierKeeps([0, 1], 0.05, 0.1)).toThrow(BudgetError);
  });
});
