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
