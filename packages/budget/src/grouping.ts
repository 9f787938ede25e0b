import { type Constraints, minimumPerBlock } from './constraints.js';
import { BudgetError } from './errors.js';
import {
  assertUnits,
  blockIndices,
  blockName,
  createLayout,
  type Layout,
  type UnitBlock,
  type UnitKind,
} from './layout.js';
import { rankByScore } from './rank.js';

/** Groups of units that are kept or removed together. Each group is one unit of a coarser layout. */
export interface Grouping {
  /** The groups. */
  readonly layout: Layout;
  /** Score of each group: the mean score of its units. */
  readonly scores: Float32Array;
  readonly constraints: Pick<Constraints, 'minimum' | 'protect'>;
  /** For each block of groups: how many units of which blocks one group contains. */
  readonly parts: readonly (readonly { readonly block: number; readonly units: number }[])[];
  /** Converts a mask of groups to a mask of units. */
  expand(mask: Uint8Array): Uint8Array;
}

/**
 * Groups units by `multipleOf` and `uniform`. Without these constraints, each unit is its own group.
 *
 * @throws BudgetError if a block has more protected units than its groups have room for
 */
export function groupUnits(scores: Float32Array, layout: Layout, constraints: Constraints): Grouping {
  const { minimum, protect, multipleOf, uniform } = constraints;
  if (!multipleOf && !uniform) {
    const parts = layout.blocks.map((_, block) => [{ block, units: 1 }]);
    const own = { ...(minimum !== undefined && { minimum }), ...(protect && { protect }) };
    return { layout, scores, constraints: own, parts, expand: (mask) => mask };
  }

  const sets = blockSets(layout, constraints);
  if (protect) assertRoomFor(protect, layout, sets);
  const best = rankWithinBlocks(scores, layout, protect);
  const fewest = minimumPerBlock(layout, constraints);
  // A group of a set has the next best `size` units of each of its blocks.
  const groups = createLayout(
    sets.map(({ blocks, size, count }, layer) => {
      const cost = blocks.reduce((sum, block) => sum + size * layout.blocks[block]!.cost, 0);
      return { layer, kind: 'group', count, cost };
    }),
  );
  const unitsOf = (set: number, group: number): Uint32Array[] => {
    const { blocks, size } = sets[set]!;
    return blocks.map((block) => {
      const first = layout.blocks[block]!.start + group * size;
      return best.subarray(first, first + size);
    });
  };
  const groupScores = new Float32Array(groups.size);
  const groupProtect = new Uint8Array(groups.size);
  forEachGroup(groups, (set, group, index) => {
    let sum = 0;
    let count = 0;
    for (const units of unitsOf(set, group)) {
      for (const unit of units) {
        sum += scores[unit]!;
        count++;
        if (protect && protect[unit] !== 0) groupProtect[index] = 1;
      }
    }
    groupScores[index] = sum / count;
  });
  return {
    layout: groups,
    scores: groupScores,
    constraints: {
      minimum: sets.map(({ blocks, size }) =>
        Math.max(...blocks.map((block) => Math.ceil(fewest[block]! / size))),
      ),
      protect: groupProtect,
    },
    parts: sets.map(({ blocks, size }) => blocks.map((block) => ({ block, units: size }))),
    expand(groupMask) {
      const mask = new Uint8Array(layout.size);
      forEachGroup(groups, (set, group, index) => {
        if (groupMask[index] === 0) return;
        for (const units of unitsOf(set, group)) for (const unit of units) mask[unit] = 1;
      });
      return mask;
    },
  };
}

/** Blocks that keep the same number of units: a multiple of `size`, at most `count` times. */
interface BlockSet {
  readonly blocks: readonly number[];
  readonly size: number;
  readonly count: number;
}

function blockSets({ blocks }: Layout, { multipleOf = {}, uniform = [] }: Constraints): BlockSet[] {
  assertKinds(blocks, 'multipleOf', Object.keys(multipleOf));
  assertKinds(blocks, 'uniform', uniform);
  const sets = new Map<string, number[]>();
  blocks.forEach(({ kind }, index) => {
    const name = uniform.includes(kind) ? kind : `${kind} ${index}`;
    sets.set(name, [...(sets.get(name) ?? []), index]);
  });
  return [...sets.values()].map((members) => {
    const own = members.map((index): UnitBlock => blocks[index]!);
    const multiple = multipleOf[own[0]!.kind] ?? 1;
    if (!Number.isInteger(multiple) || multiple < 1) {
      throw new BudgetError(`multipleOf must be an integer of at least 1; received ${multiple}.`);
    }
    const smallest = Math.min(...own.map(({ count }) => count));
    const size = Math.min(multiple, smallest);
    return { blocks: members, size, count: Math.floor(smallest / size) };
  });
}

/** Units beyond the last group of a block are never kept, so none of them may be protected. */
function assertRoomFor(protect: Uint8Array, layout: Layout, sets: readonly BlockSet[]): void {
  assertUnits(layout, protect, 'protect mask');
  for (const { blocks, size, count } of sets) {
    for (const index of blocks) {
      const block = layout.blocks[index]!;
      const wanted = protect
        .subarray(block.start, block.start + block.count)
        .filter((flag) => flag !== 0).length;
      if (wanted <= size * count) continue;
      throw new BudgetError(
        `${blockName(block)} has ${wanted} protected units, and keeps at most ${size * count} of ${block.count} in groups of ${size}, ` +
          'because of multipleOf or uniform. Protect fewer, or leave that constraint out.',
      );
    }
  }
}

/** Without this check, a constraint on a misspelt kind would have no effect. */
function assertKinds(blocks: readonly UnitBlock[], option: string, kinds: readonly UnitKind[]): void {
  const known = [...new Set(blocks.map(({ kind }) => kind))];
  const unknown = kinds.find((kind) => !known.includes(kind));
  if (unknown === undefined) return;
  throw new BudgetError(
    `${option} names the kind "${unknown}"; the layout has ${known.join(', ')}. Use a kind of the layout.`,
  );
}

/** The units of each block in the range of the block: protected units first, then by score, highest first. */
function rankWithinBlocks(
  scores: Float32Array,
  layout: Layout,
  protect: Uint8Array | undefined,
): Uint32Array {
  const ranking = rankByScore(scores);
  const block = blockIndices(layout);
  const next = layout.blocks.map(({ start }) => start);
  const best = new Uint32Array(layout.size);
  for (const wanted of protect ? [true, false] : [false]) {
    for (const unit of ranking) {
      if (protect !== undefined && (protect[unit] !== 0) !== wanted) continue;
      best[next[block[unit]!]!++] = unit;
    }
  }
  return best;
}

function forEachGroup(groups: Layout, visit: (set: number, group: number, index: number) => void): void {
  groups.blocks.forEach(({ start, count }, set) => {
    for (let group = 0; group < count; group++) visit(set, group, start + group);
  });
}
