import { expect, it } from 'vitest';
import { createLayout } from '../layout.js';
import { assertFeasibleWithoutLayers, projectWithoutLayers } from './whole-blocks.js';

const layout = createLayout([0, 1, 2].map((layer) => ({ layer, kind: 'ffn', count: 4, cost: 1 })));
const constraints = { minimum: [1, 2, 4] };
const budget = (limit: number) => ({ name: 'cost', costs: [1, 1, 1], limit });
/** Scores by which a layer is the first to go. */
const least = (layer: number) =>
  Float32Array.from({ length: 12 }, (_, unit) => (unit >> 2 === layer ? 0 : 1));

it('needs room for the minimums that stay when the cheapest layers go', () => {
  // Without the first layer, the others need 2 + 4 units.
  expect(() => assertFeasibleWithoutLayers(layout, budget(6), 1, constraints)).not.toThrow();
  for (const layer of [0, 1, 2])
    expect(() => projectWithoutLayers(least(layer), layout, budget(6), 1, constraints)).not.toThrow();
  expect(() => assertFeasibleWithoutLayers(layout, budget(5), 1, constraints)).toThrow('cost');
  expect(() => projectWithoutLayers(least(0), layout, budget(5), 1, constraints)).toThrow('cost');
});
