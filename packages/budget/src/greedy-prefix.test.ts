import { readFileSync } from 'node:fs';
import { hasShared, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { budgetFromKeepRatio, createBudget } from './budget.js';
import { projectGreedyPrefix } from './greedy-prefix.js';
import { createLayout, maskCost } from './layout.js';

interface ProjectionCase {
  readonly tau: number;
  readonly keep_ratio: number;
  readonly cost_ffn: number;
  readonly cost_kv: number;
  readonly scores: { readonly ffn: number[][]; readonly kv: number[][] };
  readonly masks: { readonly ffn: number[][]; readonly kv: number[][] };
  readonly kept_cost: number;
  readonly total_cost: number;
}

describe.skipIf(!hasShared)('masks of the paper’s code (reference/projection.json)', () => {
  const cases: ProjectionCase[] = hasShared
    ? JSON.parse(readFileSync(sharedPath('reference', 'projection.json'), 'utf8'))
    : [];

  it.each(cases.map((reference, index) => [index, reference] as const))('case %i', (_, reference) => {
    const { scores, masks, cost_ffn, cost_kv, tau } = reference;
    const layers = scores.ffn.map((_, layer) => layer);
    const layout = createLayout(
      layers.flatMap((layer) => [
        { layer, kind: 'ffn', count: scores.ffn[layer]!.length, cost: cost_ffn },
        { layer, kind: 'kv', count: scores.kv[layer]!.length, cost: cost_kv },
      ]),
    );
    const flat = (perLayer: typeof scores) =>
      layers.flatMap((layer) => [...perLayer.ffn[layer]!, ...perLayer.kv[layer]!]);
    const probabilities = Float32Array.from(
      flat(scores),
      (score) => 1 / (1 + Math.exp(-Math.fround(score / tau))),
    );

    const mask = projectGreedyPrefix(
      probabilities,
      layout,
      budgetFromKeepRatio(layout, reference.keep_ratio),
    );

    expect(Array.from(mask)).toEqual(flat(masks));
    expect(layout.totalCost).toBeCloseTo(reference.total_cost, 6);
    expect(maskCost(layout, mask)).toBeCloseTo(reference.kept_cost, 6);
  });
});

describe('projectGreedyPrefix', () => {
  const layout = createLayout([
    { layer: 0, kind: 'ffn', count: 3, cost: 1 },
    { layer: 0, kind: 'kv', count: 2, cost: 4 },
  ]);

  it('stops at the first unit that does not fit', () => {
    // Budget 5.5: unit 0 (1), then unit 3 (4), then unit 4 (4) breaks the prefix; unit 1 would still fit.
    const mask = projectGreedyPrefix(
      Float32Array.of(0.9, 0.2, 0.1, 0.8, 0.7),
      layout,
      budgetFromKeepRatio(layout, 0.5),
    );
    expect(Array.from(mask)).toEqual([1, 0, 0, 1, 0]);
  });

  it('keeps a prefix that costs exactly the budget', () => {
    const scores = Float32Array.of(0.9, 0.2, 0.1, 0.8, 0.7);
    const at = (limit: number) =>
      Array.from(projectGreedyPrefix(scores, layout, createBudget(layout, { limit })));
    expect(at(9)).toEqual([1, 0, 0, 1, 1]); // 1 + 4 + 4
    expect(at(8.999)).toEqual([1, 0, 0, 1, 0]);
  });

  it('counts the fixed cost', () => {
    const scores = Float32Array.of(0.9, 0.2, 0.1, 0.8, 0.7);
    const at = (limit: number) =>
      Array.from(projectGreedyPrefix(scores, layout, createBudget(layout, { limit, fixed: 100 })));
    expect(at(109)).toEqual([1, 0, 0, 1, 1]);
    expect(at(108)).toEqual([1, 0, 0, 1, 0]);
  });

  it('compares costs and limit in float32, as the code of the paper does', () => {
    const thirds = createLayout([{ layer: 0, kind: 'kv', count: 2, cost: 512 / 3 }]);
    const scores = Float32Array.of(2, 1);
    // The limit is below the sum in float64 by less than half a float32 step.
    const below = createBudget(thirds, { limit: 1024 / 3 - 1e-6 });
    expect(Array.from(projectGreedyPrefix(scores, thirds, below))).toEqual([1, 1]);
    // In float32 the cost is 1, so three units cost 3. In float64 they would round to the float32 number above 3.
    const three = createLayout([{ layer: 0, kind: 'kv', count: 3, cost: 1 + 0.9 * 2 ** -24 }]);
    const mask = projectGreedyPrefix(new Float32Array(3), three, createBudget(three, { limit: 3 }));
    expect(Array.from(mask)).toEqual([1, 1, 1]);
  });

  it('keeps the order of the unit vector where scores are equal', () => {
    const mask = projectGreedyPrefix(new Float32Array(5), layout, budgetFromKeepRatio(layout, 0.2));
    expect(Array.from(mask)).toEqual([1, 1, 0, 1, 0]);
  });
});
