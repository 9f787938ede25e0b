import { costOf } from './cost.js';
import { LayoutError } from './errors.js';

/**
 * The layout of the unit vector: all prunable units of a model, block after block.
 *
 * Scores, masks, scales and gate gradients are vectors of `layout.size` entries in this order.
 */

/** The kind of a unit: `ffn` for FFN channels, `kv` for KV groups, or any other name that a model defines. */
export type UnitKind = string;

/** The units of one kind in one layer. */
export interface UnitBlock {
  readonly layer: number;
  readonly kind: UnitKind;
  /** Index of the first unit in the unit vector. */
  readonly start: number;
  /** Number of units. */
  readonly count: number;
  /** Cost of one unit. The paper counts in FFN channels. */
  readonly cost: number;
}

export interface Layout {
  /** Number of units. */
  readonly size: number;
  /** Cost of all units. */
  readonly totalCost: number;
  /** Blocks in the order of the unit vector, contiguous and not empty. */
  readonly blocks: readonly UnitBlock[];
}

/** Maximum number of units of a layout. Indices fit a Uint32Array. */
export const MAX_UNITS = 2 ** 30;

/**
 * Creates a layout of blocks in the given order.
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
      throw new LayoutError(`Block ${name}: the layer must be an integer of at least 0; received ${layer}.`);
    }
    if (!Number.isInteger(count) || count < 1) {
      throw new LayoutError(`Block ${name}: a block needs at least one unit; received a count of ${count}.`);
    }
    if (!(Number.isFinite(cost) && cost > 0)) {
      throw new LayoutError(`Block ${name}: the cost of a unit must be positive; received ${cost}.`);
    }
    if (seen.has(name)) {
      throw new LayoutError(`Block ${name} occurs twice. Join its units into one block.`);
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

/** Returns the name of a block for messages, such as `layer 3 ffn`. */
export function blockName({ layer, kind }: Pick<UnitBlock, 'layer' | 'kind'>): string {
  return `layer ${layer} ${kind}`;
}

/** Returns the block of a layer and kind, or undefined. */
export function blockOf(layout: Layout, layer: number, kind: UnitKind): UnitBlock | undefined {
  return layout.blocks.find((block) => block.layer === layer && block.kind === kind);
}

/** Returns the index of each unit's block in `layout.blocks`. */
export function blockIndices(layout: Layout): Uint32Array {
  const indices = new Uint32Array(layout.size);
  layout.blocks.forEach(({ start, count }, index) => {
    indices.fill(index, start, start + count);
  });
  return indices;
}

/** Returns whether two layouts have the same blocks and costs. Vectors of one then fit the other. */
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

/** Checks that a vector has one entry per unit. @throws {LayoutError} if not. */
export function assertUnits(layout: Layout, vector: { readonly length: number }, what: string): void {
  if (vector.length !== layout.size) {
    throw new LayoutError(
      `The ${what} must have one entry for each of ${layout.size} units; received ${vector.length}.`,
    );
  }
}

/** Returns the cost of the kept units, with the costs of the layout. */
export function maskCost(layout: Layout, mask: Uint8Array): number {
  return costOf(
    layout.blocks.map(({ cost }) => cost),
    keptPerBlock(layout, mask),
  );
}

/** Returns the number of kept units of each block, in block order. */
export function keptPerBlock(layout: Layout, mask: Uint8Array): Uint32Array {
  assertUnits(layout, mask, 'mask');
  return Uint32Array.from(layout.blocks, ({ start, count }) => {
    let kept = 0;
    for (let unit = start; unit < start + count; unit++) if (mask[unit] !== 0) kept++;
    return kept;
  });
}
