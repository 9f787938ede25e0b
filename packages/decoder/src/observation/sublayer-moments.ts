import type { UnitBlock } from '@grasp/budget';

/** Second moments at one place of a sublayer. */
export interface SublayerMoments {
  readonly block: UnitBlock;
  /** `Σ_t x_ti · x_tj` over tokens, float32, row-major. */
  readonly gram: Float32Array;
}
