import { createLayout, maskCost } from '@grasp/budget';
import { describe, expect, it } from 'vitest';
import { leastKeep, maskAt, type ScoredUnits } from './scored-units.js';

const layout = createLayout([
  { layer: 0, kind: 'ffn', count: 10, cost: 1 },
  { layer: 0, kind: 'kv', count: 2, cost: 5 },
]);
const scores = Float32Array.from({ length: 12 }, (_, unit) => 1 - unit / 12);
const units: ScoredUnits = { layout, scores, projection: 'exact', constraints: { minimum: 1 } };

describe('leastKeep', () => {
  it('is what must stay', () => {
    expect(leastKeep(units)).toBe(6 / 20);
    expect(maskCost(layout, maskAt(units, 6 / 20))).toBe(6);
    expect(leastKeep({ ...units, constraints: { minimum: 0 } })).toBe(0);
  });

  it('is nothing under the paper’s rule, which exceeds its budget instead', () => {
    const paper: ScoredUnits = { ...units, projection: 'paper' };
    expect(leastKeep(paper)).toBe(0);
    expect(maskCost(layout, maskAt(paper, 0.01))).toBe(6);
  });
});
