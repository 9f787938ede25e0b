import { costOf } from './cost.js';
import { LayoutError } from './errors.js';

/**
 * The layout of the unit vector: all prunable units of a model, flattened, block after block.
 *
 * Scores, costs, masks, scales and gate gradients are vectors of `layout.size` entries in this order, so that
 * projection, optimisers and files are plain array work and only the model knows its layers.
 */

/** What a block's units are: `ffn` channels, `kv` head groups, or any other kind a model defines. */
export type UnitKind = string;

/** A run of interchangeable units: those of one kind in one layer. */
export interface UnitBlock {
  readonly layer: number;
  readonly kind: UnitKind;
  /** Index of the block's first unit in the unit vector. */
  readonly start: number;
  /** Number of units. */
  readonly count: number;
  /** Cost of one unit, in the layout's cost unit (for the paper: FFN channels). */
  readonly cost: number;
}

export interface Layout {
  /** Number of units in all. */
  readonly size: number;
  /** Cost of all units together. */
  readonly totalCost: number;
  /** Blocks in the order of the unit vector: contiguous, none empty. */
  readonly blocks: readonly UnitBlock[];
}

/** Most units a layout may have: their indices fit a Uint32Array with room to spare. */
export const MAX_UNITS = 2 ** 30;

/**
 * Lays blocks out one after the other, in the order given.
 *
 * @throws {LayoutError} if there is no block, a block is named twice, or a count or cost is not positive.
 */
export function createLayout(blocks: readonly Omit<UnitBlock, 'start'>[]): Layout {
  if (blocks.length === 0)
    throw new LayoutError('A layout needs at least one block of units; received none.');
  const seen = new Set<string>();
  const placed: UnitBlock[] = [];
  let size = 0;
  for (const { layer, kind, count, cost } of blocks) {
    const name = blockName({ layer, kind });
    if (!Number.isInteger(layer) || layer < 0) {
      throw new LayoutError(`Block ${name}: the layer must be an integer from 0 on.`);
    }
    if (!Number.isInteger(count) || count < 1) {
      throw new LayoutError(`Block ${name}: a block needs at least one unit; received a count of ${count}.`);
    }
    if (!(Number.isFinite(cost) && cost > 0)) {
      throw new LayoutError(`Block ${name}: the cost of a unit must be positive; received ${cost}.`);
    }
    if (seen.has(name)) {
      throw new LayoutError(`Block ${name} occurs twice; join its units into one block.`);
    }
    seen.add(name);
    placed.push({ layer, kind, start: size, count, cost });
    size += count;
  }
  if (size > MAX_UNITS) throw new LayoutError(`A layout holds at most ${MAX_UNITS} units; received ${size}.`);
  const totalCost = costOf(
    placed.map(({ cost }) => cost),
    placed.map(({ count }) => count),
  );
  return { size, totalCost, blocks: placed };
}

/** `layer 3 ffn`: a block's name in messages. */
export function blockName({ layer, kind }: Pick<UnitBlock, 'layer' | 'kind'>): string {
  return `layer ${layer} ${kind}`;
}

/** The block of a layer and kind, if the layout has one. */
export function blockOf(layout: Layout, layer: number, kind: UnitKind): UnitBlock | undefined {
  return layout.blocks.find((block) => block.layer === layer && block.kind === kind);
}

/** For each unit, the index of its block in `layout.blocks`. */
export function blockIndices(layout: Layout): Uint32Array {
  const indices = new Uint32Array(layout.size);
  layout.blocks.forEach(({ start, count }, index) => {
    indices.fill(index, start, start + count);
  });
  return indices;
}

/** Whether two layouts have the same blocks with the same costs, so that a vector of one fits the other. */
export function sameLayout(a: Layout, b: Layout): boolean {
  return (
    a.blocks.length === b.blocks.length &&
    a.blocks.every((block, index) => {
      const other = b.blocks[index]!;
      return (
        block.layer === other.layer &&
        block.kind === other.kind &&
        block.count === other.count &&
        block.cost === other.cost
      );
    })
  );
}

/** @throws {LayoutError} if a vector does not have one entry per unit. */
export function assertUnits(layout: Layout, vector: { readonly length: number }, what: string): void {
  if (vector.length !== layout.size) {
    throw new LayoutError(
      `The ${what} must have one entry for each of the layout's ${layout.size} units; received ${vector.length}.`,
    );
  }
}

/** Cost of a mask's units in the layout's cost unit. */
export function maskCost(layout: Layout, mask: Uint8Array): number {
  return costOf(
    layout.blocks.map(({ cost }) => cost),
    keptPerBlock(layout, mask),
  );
}

/** How many units a mask keeps in each block, in block order. */
export function keptPerBlock(layout: Layout, mask: Uint8Array): Uint32Array {
  assertUnits(layout, mask, 'mask');
  return Uint32Array.from(layout.blocks, ({ start, count }) => {
    let kept = 0;
    for (let unit = start; unit < start + count; unit++) if (mask[unit] !== 0) kept++;
    return kept;
  });
}
