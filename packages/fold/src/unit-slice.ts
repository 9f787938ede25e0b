import type { UnitKind } from '@grasp/budget';

/**
 * How one axis of one tensor is made of units: unit `i` of block (`layer`, `kind`) owns the `width` entries from
 * `i · width` on. Removing the unit removes them; folding multiplies them by the unit's scale where `scaled`.
 */
export interface UnitSlice {
  readonly tensor: string;
  readonly axis: 0 | 1;
  readonly layer: number;
  readonly kind: UnitKind;
  readonly width: number;
  readonly scaled: boolean;
}
