import { type Layout, rankWithin } from '@grasp/budget';
import { type UnitTaylor, unitTaylor } from '../measures/unit-taylor.js';
import type { ScoringMethod } from '../pruning-method.js';

/** Shares of the layers that are spared, of 32 in the paper: the first 4 and the last 2. */
const [FIRST, LAST] = [4 / 32, 2 / 32];

/** LLM-Pruner with the Taylor importance of vectors: rows and columns of a unit's matrices. */
export const llmPruner = taylor('llm-pruner', 'vector');

/** LLM-Pruner with the Taylor importance of elements: single weights. */
export const llmPrunerElement = taylor('llm-pruner-element', 'element');

/**
 * First-order Taylor importance (LLM-Pruner, arXiv 2305.11627, equations 3 to 5), see `UnitTaylor`. Every layer keeps the
 * same share of each kind; the first and last layers are pruned only once nothing else is left.
 */
function taylor(name: string, of: keyof UnitTaylor): ScoringMethod {
  return {
    name,
    needs: 'gradients',
    async score({ model, batches }) {
      const importance = (await unitTaylor(model, batches))[of];
      return spareEnds(model.layout, rankWithin(model.layout, importance));
    },
  };
}

/** Ranks the units of the first and last layers above all others. `rankWithin` gives scores from −1 to 0. */
function spareEnds(layout: Layout, ranked: Float32Array): Float32Array {
  const layers = 1 + Math.max(...layout.blocks.map(({ layer }) => layer));
  const [first, last] = [Math.round(layers * FIRST), Math.round(layers * LAST)];
  for (const { layer, start, count } of layout.blocks) {
    if (layer >= first && layer < layers - last) continue;
    for (let unit = start; unit < start + count; unit++) ranked[unit]! += 1;
  }
  return ranked;
}
