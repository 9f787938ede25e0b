import * as z from 'zod';
import type { CellKey } from '../../../shared/cells/cell-store.js';

/** What a choice or a recovery took, without loading the model and without measuring it. */
export interface Cost {
  /** Blocks read forward, without a gradient. */
  readonly forward: number;
  /** Blocks whose gradient was computed. */
  readonly gradients: number;
  readonly seconds: number;
  /** Peak resident memory of the process, in bytes. */
  readonly peakBytes: number;
}

export const costSchema = z.object({
  forward: z.number(),
  gradients: z.number(),
  seconds: z.number(),
  peakBytes: z.number(),
});

export type CostCell = CellKey;

/** The cell of a row's recovery cost. */
export const costCell = (row: string, inputs: unknown): CostCell => ({
  name: `${row}-cost`,
  inputs,
  isComplete: (value) => costSchema.safeParse(value).success,
});

/** Both together: the sums, and the larger peak. */
export const together = (a: Cost, b: Cost): Cost => ({
  forward: a.forward + b.forward,
  gradients: a.gradients + b.gradients,
  seconds: a.seconds + b.seconds,
  peakBytes: Math.max(a.peakBytes, b.peakBytes),
});
