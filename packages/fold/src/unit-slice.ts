import type { UnitKind } from '@grasp/budget';

/**
 * The units along one axis of one tensor. Unit `i` of block (`layer`, `kind`) owns entries `i·width` to
 * `(i+1)·width − 1` of that axis.
 */
export interface UnitSlice {
  /** Name of a vector, matrix or kernel in the checkpoint. */
  readonly tensor: string;
  readonly axis: 0 | 1;
  readonly layer: number;
  readonly kind: UnitKind;
  /** Entries per unit. */
  readonly width: number;
  /** Whether folding multiplies these entries by the unit's scale. */
  readonly scaled: boolean;
}
