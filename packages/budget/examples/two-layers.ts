/** The smallest case: two layers of six channels, with any list of numbers as scores. */
import { budgetFromKeepRatio, createLayout, keptPerBlock, projectExact } from '@grasp/budget';

const layout = createLayout([
  { layer: 0, kind: 'ffn', count: 6, cost: 1 },
  { layer: 1, kind: 'ffn', count: 6, cost: 1 },
]);
const scores = Float32Array.of(0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.95, 0.3, 0.2, 0.1, 0.1, 0.1);

export const mask = projectExact(scores, layout, budgetFromKeepRatio(layout, 0.5));
export const kept = keptPerBlock(layout, mask); // five of the first layer, one of the second
