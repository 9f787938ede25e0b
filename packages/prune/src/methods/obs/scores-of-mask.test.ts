import { type Budget, projectExact } from '@grasp/budget';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scoresOfMask } from './scores-of-mask.js';

const [channels, groups] = [6, 3];
const layout = {
  size: channels + groups,
  totalCost: 5 * groups + 2 * channels,
  blocks: [
    { layer: 0, kind: 'kv', start: 0, count: groups, cost: 5 },
    { layer: 0, kind: 'ffn', start: groups, count: channels, cost: 2 },
  ],
};
const permutation = fc.shuffledSubarray([...Array(layout.size).keys()], { minLength: layout.size });
const bits = fc.array(fc.boolean(), { minLength: layout.size, maxLength: layout.size });

it('gives scores whose projection is the mask, with the counts of the projection of the scores', () => {
  fc.assert(
    fc.property(
      permutation,
      permutation,
      bits,
      fc.integer({ min: 9, max: 27 }),
      (first, second, fixed, limit) => {
        const budget: Budget = { name: 'parameters', limit, costs: layout.blocks.map(({ cost }) => cost) };
        const protect = Uint8Array.from(fixed, (bit, unit) => Number(bit && unit % 4 === 0));
        const project = (scores: Float32Array) => projectExact(scores, layout, budget, { protect });
        const scores = Float32Array.from(first);
        const counts = project(scores);
        const other = new Uint8Array(layout.size);
        for (const { start, count } of layout.blocks) {
          const units = second.filter((unit) => unit >= start && unit < start + count);
          const kept = counts.subarray(start, start + count).reduce((sum, bit) => sum + bit, 0);
          for (const unit of units.sort((a, b) => protect[b]! - protect[a]!).slice(0, kept)) other[unit] = 1;
        }
        expect(project(scoresOfMask(layout, scores, other, protect))).toEqual(other);
      },
    ),
  );
});
