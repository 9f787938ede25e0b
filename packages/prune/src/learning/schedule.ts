import { rows, type TokenBatch } from '@grasp/calib-data';
import { epochOrder } from '@grasp/gates';

/** Which blocks each step of a stage sees: a function of the step alone. */
export interface Schedule {
  readonly stepsPerEpoch: number;
  /** Indices of the blocks. */
  blocksAt(step: number): Uint32Array;
  batchAt(step: number): TokenBatch;
}

/** Every epoch is a permutation of all blocks, cut into batches. */
export function schedule(
  blocks: TokenBatch,
  { batch, seed }: { readonly batch: number; readonly seed: number },
): Schedule {
  const { stepsPerEpoch, rowsAt } = epochOrder(blocks.shape[0], batch, seed);
  return { stepsPerEpoch, blocksAt: rowsAt, batchAt: (step) => rows(blocks, rowsAt(step)) };
}
