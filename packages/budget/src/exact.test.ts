import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { budgetCost, budgetFromKeepRatio, createBudget, denseCost } from './budget.js';
import { BudgetBelowFloorError, BudgetError } from './errors.js';
import { assertFeasible, projectExact } from './exact.js';
import { createLayout, keptPerBlock, type Layout, maskCost } from './layout.js';

/** Layouts of a few layers with cheap channels and costly groups, costs not exact in binary included. */
const layouts = fc
  .array(
    fc.record({
      ffn: fc.integer({ min: 1, max: 20 }),
      kv: fc.integer({ min: 1, max: 5 }),
      kvCost: fc.constantFrom(2, 16, 32 / 3, 512 / 3),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((layers) =>
    createLayout(
      layers.flatMap(({ ffn, kv, kvCost }, layer) => [
        { layer, kind: 'ffn', count: ffn, cost: 1 },
        { layer, kind: 'kv', count: kv, cost: kvCost },
      ]),
    ),
  );

const floorOf = (layout: Layout) => layout.blocks.reduce((sum, { cost }) => sum + cost, 0);

/** A layout, scores with many ties, and a keep ratio at or above the floor. */
const problems = layouts.chain((layout) =>
  fc.record({
    layout: fc.constant(layout),
    scores: fc
      .array(fc.integer({ min: -4, max: 4 }), { minLength: layout.size, maxLength: layout.size })
      .map((scores) => Float32Array.from(scores, (score) => score / 3)),
    keep: fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((share) => Math.min(1, (floorOf(layout) / layout.totalCost) * (1 + 1e-12) * (1 - share) + share)),
  }),
);

describe('projectExact', () => {
  test.prop([problems])(
    'stays within the budget, keeps the floor, and leaves nothing that fits',
    (problem) => {
      const { layout, scores, keep } = problem;
      const budget = budgetFromKeepRatio(layout, keep);
      const mask = projectExact(scores, layout, budget);
      const kept = keptPerBlock(layout, mask);
      const cost = maskCost(layout, mask);

      expect(cost).toBeLessThanOrEqual(budget.limit);
      expect(Math.min(...kept)).toBeGreaterThanOrEqual(1);
      const leftOut = layout.blocks
        .filter(({ count }, index) => kept[index]! < count)
        .map(({ cost }) => cost);
      if (leftOut.length > 0) expect(budget.limit - cost).toBeLessThan(Math.min(...leftOut) * (1 + 1e-12));
      else expect(cost).toBe(layout.totalCost);
    },
  );

  test.prop([problems])('projects a mask onto itself', ({ layout, scores, keep }) => {
    const budget = budgetFromKeepRatio(layout, keep);
    const mask = projectExact(scores, layout, budget);
    expect(projectExact(Float32Array.from(mask), layout, budget)).toEqual(mask);
  });

  test.prop([problems, fc.nat(), fc.double({ min: 0, max: 3, noNaN: true })])(
    'keeps a kept unit whose score rises',
    ({ layout, scores, keep }, pick, rise) => {
      const budget = budgetFromKeepRatio(layout, keep);
      const keptUnits = [...projectExact(scores, layout, budget).entries()].filter(([, bit]) => bit === 1);
      const [unit] = keptUnits[pick % keptUnits.length]!;
      const raised = scores.slice();
      raised[unit]! += rise;
      expect(projectExact(raised, layout, budget)[unit]).toBe(1);
    },
  );

  test.prop([problems])('keeps the better units of each block', ({ layout, scores, keep }) => {
    const mask = projectExact(scores, layout, budgetFromKeepRatio(layout, keep));
    for (const { start, count } of layout.blocks) {
      const units = Array.from({ length: count }, (_, index) => start + index);
      const worstKept = Math.min(...units.filter((unit) => mask[unit] === 1).map((unit) => scores[unit]!));
      const bestLeftOut = Math.max(...units.filter((unit) => mask[unit] === 0).map((unit) => scores[unit]!));
      expect(worstKept).toBeGreaterThanOrEqual(bestLeftOut);
    }
  });

  test.prop([layouts])('keeps everything at keep 1', (layout) => {
    const mask = projectExact(new Float32Array(layout.size), layout, budgetFromKeepRatio(layout, 1));
    expect(mask).toEqual(new Uint8Array(layout.size).fill(1));
  });

  const layout = createLayout([
    { layer: 0, kind: 'ffn', count: 4, cost: 1 },
    { layer: 0, kind: 'kv', count: 2, cost: 3 },
    { layer: 1, kind: 'ffn', count: 4, cost: 1 },
    { layer: 1, kind: 'kv', count: 2, cost: 3 },
  ]);
  const scores = Float32Array.of(9, 8, 7, 6, 0, 1, 0, 0, 0, 5, 9, 3);

  it('goes on past a unit that does not fit', () => {
    // Floor 0, 5, 9, 10 (cost 8). Then 1, 2, 3 fit (11), group 11 does not, and channel 6 fills the budget.
    const mask = projectExact(scores, layout, createBudget(layout, { limit: 12 }));
    expect(Array.from(mask)).toEqual([1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0]);
    expect(maskCost(layout, mask)).toBe(12);
  });

  it('keeps protected units and minima, or none where the minimum is 0', () => {
    const protect = new Uint8Array(layout.size);
    protect[7] = 1;
    const mask = projectExact(scores, layout, createBudget(layout, { limit: 11 }), {
      protect,
      minimum: [0, 0, 2, 1],
    });
    // Protected 7 and the best other unit of its block, 9 being taken by the minimum of layer 1 kv.
    expect(mask[7]).toBe(1);
    expect(keptPerBlock(layout, mask)[2]).toBeGreaterThanOrEqual(2);
    expect(maskCost(layout, mask)).toBe(11);
  });

  test.prop([problems, fc.integer({ min: 1, max: 7 }), fc.constantFrom(['ffn'], ['ffn', 'kv'])])(
    'keeps multiples and uniform counts within the budget',
    ({ layout, scores, keep }, multiple, uniform) => {
      const constraints = { multipleOf: { ffn: multiple }, uniform };
      const budget = budgetFromKeepRatio(layout, keep);
      try {
        assertFeasible(layout, budget, constraints);
      } catch {
        expect(() => projectExact(scores, layout, budget, constraints)).toThrow(BudgetBelowFloorError);
        return;
      }
      const mask = projectExact(scores, layout, budget, constraints);
      const kept = keptPerBlock(layout, mask);
      const countsOf = (kind: string) => [...kept].filter((_, index) => layout.blocks[index]!.kind === kind);
      const narrowest = Math.min(
        ...layout.blocks.filter(({ kind }) => kind === 'ffn').map(({ count }) => count),
      );

      expect(maskCost(layout, mask)).toBeLessThanOrEqual(budget.limit);
      for (const kind of uniform) expect(new Set(countsOf(kind)).size).toBe(1);
      for (const count of countsOf('ffn')) expect(count % Math.min(multiple, narrowest)).toBe(0);
    },
  );

  it.each([
    [{ multipleOf: { fnn: 2 } }, 'multipleOf names the kind "fnn"; the layout has ffn, kv'],
    [{ uniform: ['kv', 'heads'] }, 'uniform names the kind "heads"'],
  ])('refuses a kind that the layout does not have: %j', (constraints, message) => {
    const budget = createBudget(layout, { limit: 12 });
    expect(() => projectExact(scores, layout, budget, constraints)).toThrow(BudgetError);
    expect(() => assertFeasible(layout, budget, constraints)).toThrow(message);
  });

  it.each([{ multipleOf: { ffn: 3 } }, { uniform: ['ffn'] }])(
    'refuses protected units that %j leaves no room for',
    (shape) => {
      const uneven = createLayout([
        { layer: 0, kind: 'ffn', count: 4, cost: 1 },
        { layer: 1, kind: 'ffn', count: 3, cost: 1 },
      ]);
      const project = (units: number) =>
        projectExact(new Float32Array(7), uneven, createBudget(uneven, { limit: 7 }), {
          ...shape,
          protect: Uint8Array.from({ length: 7 }, (_, unit) => Number(unit < units)),
        });
      expect(() => project(4)).toThrow('layer 0 ffn has 4 protected units, and keeps at most 3 of 4');
      expect([...project(3)].slice(0, 3)).toEqual([1, 1, 1]);
    },
  );

  it('takes the best units of each block together', () => {
    // Pairs by mean score: layer 0 ffn 8.5 and 6.5; layer 1 ffn 2.5 (units 9 and 6) and 0.
    const mask = projectExact(scores, layout, createBudget(layout, { limit: 12 }), {
      multipleOf: { ffn: 2 },
    });
    expect(Array.from(mask)).toEqual([1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0]);
    const narrower = projectExact(scores, layout, createBudget(layout, { limit: 11 }), {
      multipleOf: { ffn: 2 },
    });
    expect(Array.from(keptPerBlock(layout, narrower))).toEqual([2, 1, 2, 1]);
  });

  it('meets several budgets at once', () => {
    const cost = createBudget(layout, { keep: 0.8 });
    const kvBytes = createBudget(layout, { name: 'KV bytes', costs: { ffn: 0, kv: 64 }, keep: 0.5 });
    const mask = projectExact(scores, layout, [cost, kvBytes]);
    const kept = keptPerBlock(layout, mask);
    expect(kept[1]! + kept[3]!).toBe(2);
    expect(Array.from(kept)).toEqual([4, 1, 4, 1]);
  });

  /** Budgets of several kinds at once: parameters with a fixed part, KV bytes, something by layer. */
  const manyBudgets = problems.chain(({ layout, scores }) => {
    const share = fc.double({ min: 0.3, max: 1, noNaN: true });
    return fc
      .record({
        shares: fc.tuple(share, share, share),
        fixed: fc.nat(500),
        minimum: fc.nat(2),
        protect: fc.nat(layout.size - 1),
      })
      .map(({ shares, fixed, minimum, protect }) => ({
        layout,
        scores,
        budgets: [
          createBudget(layout, { name: 'parameters', costs: { ffn: 12, kv: 130 }, fixed, keep: shares[0] }),
          createBudget(layout, { name: 'KV bytes', costs: { ffn: 0, kv: 256 }, keep: shares[1] }),
          createBudget(layout, {
            name: 'by layer',
            costs: layout.blocks.map(({ layer, cost }) => cost / 3 + layer),
            keep: shares[2],
          }),
        ],
        constraints: {
          minimum,
          protect: Uint8Array.from({ length: layout.size }, (_, unit) => Number(unit === protect)),
        },
      }));
  });

  test.prop([manyBudgets], { numRuns: 300 })(
    'meets several budgets at once, each from below, and no unit left out would fit them all',
    ({ layout, scores, budgets, constraints }) => {
      let mask: Uint8Array;
      try {
        mask = projectExact(scores, layout, budgets, constraints);
      } catch (error) {
        expect(error).toBeInstanceOf(BudgetBelowFloorError);
        return;
      }
      const kept = keptPerBlock(layout, mask);
      const unused = budgets.map((budget) => budget.limit - budgetCost(budget, kept));
      expect(Math.min(...unused)).toBeGreaterThanOrEqual(0);
      expect(mask[constraints.protect.indexOf(1)]).toBe(1);
      layout.blocks.forEach(({ count }, block) => {
        expect(kept[block]).toBeGreaterThanOrEqual(Math.min(count, constraints.minimum));
        if (kept[block] === count) return;
        // One more of this block: at least one budget has less unused than it costs.
        const more = budgets.map(({ limit, ...budget }) =>
          budgetCost(
            budget,
            kept.map((n, b) => n + Number(b === block)),
          ),
        );
        expect(more.some((cost, index) => cost > budgets[index]!.limit)).toBe(true);
      });
    },
  );

  it('counts what is fixed against the limit, and in a share of the whole', () => {
    const whole = { name: 'parameters', costs: { ffn: 1, kv: 3 }, fixed: 100 };
    const limited = createBudget(layout, { ...whole, limit: 112 });
    expect(projectExact(scores, layout, limited)).toEqual(
      projectExact(scores, layout, createBudget(layout, { limit: 12 })),
    );
    expect(denseCost(layout, limited)).toBe(120);
    expect(createBudget(layout, { ...whole, keep: 0.9 }).limit).toBe(108);
    expect(() => projectExact(scores, layout, createBudget(layout, { ...whole, limit: 99 }))).toThrow(
      /limit of at least 108/,
    );
    expect(() => createBudget(layout, { ...whole, fixed: -1, keep: 1 })).toThrow(/fixed cost/);
  });

  it('refuses a budget below the floor and tells the smallest keep', () => {
    const tooSmall = budgetFromKeepRatio(layout, 0.3);
    const attempt = () => projectExact(scores, layout, tooSmall);
    expect(attempt).toThrow(BudgetBelowFloorError);
    expect(attempt).toThrow(/at least 0.4/);
    expect(() => assertFeasible(layout, tooSmall)).toThrow(BudgetBelowFloorError);
    expect(() => assertFeasible(layout, budgetFromKeepRatio(layout, 0.4))).not.toThrow();
  });

  it('refuses a score that is not a number, and a vector of the wrong length', () => {
    const budget = budgetFromKeepRatio(layout, 0.5);
    expect(() => projectExact(new Float32Array(layout.size).fill(Number.NaN), layout, budget)).toThrow(
      /unit 0 is NaN/,
    );
    expect(() => projectExact(new Float32Array(3), layout, budget)).toThrow(/12 units; received 3/);
  });
});
