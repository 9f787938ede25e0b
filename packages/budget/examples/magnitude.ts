/** Another importance score: prune a fully connected network by weight magnitude, under a budget of parameters. */
import { createBudget, createLayout, keptPerBlock, projectExact } from '@grasp/budget';

/** A hidden layer as one row a unit: the weights into the unit, then those out of it. */
type HiddenLayer = readonly Float32Array[];

/** A unit's score: the root mean square of its weights, so that layers of different width compare. */
function magnitude(weights: Float32Array): number {
  return Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0) / weights.length);
}

/** Keeps the largest units of all layers together, as many as fit into so many parameters. */
export function pruneByMagnitude(layers: readonly HiddenLayer[], parameters: number) {
  const layout = createLayout(
    layers.map((units, layer) => ({ layer, kind: 'hidden', count: units.length, cost: units[0]!.length })),
  );
  const scores = Float32Array.from(layers.flatMap((units) => units.map(magnitude)));
  const budget = createBudget(layout, { name: 'parameters', limit: parameters });
  const mask = projectExact(scores, layout, budget, { minimum: 2 });
  return { mask, kept: keptPerBlock(layout, mask) };
}

// Two hidden layers: six units of 8 + 4 weights, and four of 1 + 1.
const unit = (width: number, scale: number) => new Float32Array(width).fill(scale);
const network: HiddenLayer[] = [
  [0.9, 0.1, 0.8, 0.2, 0.7, 0.3].map((scale) => unit(12, scale)),
  [0.05, 0.6, 0.04, 0.03].map((scale) => unit(2, scale)),
];

// At most 43 of 80 parameters: three large units (36), and of the small ones the three that still fit (6).
export const pruned = pruneByMagnitude(network, 43); // kept: [3, 3]
