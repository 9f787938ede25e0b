import { Random } from '@grasp/random';
import { TrainingOptionError } from '../errors.js';

/** Which rows of a data set each step sees. */
export interface EpochOrder {
  readonly stepsPerEpoch: number;
  /** Row indices of a step's batch, a function of the step alone. */
  rowsAt(step: number): Uint32Array;
}

/**
 * Every epoch is a permutation of all rows, cut into batches; an epoch's last batch may be smaller. Nothing is
 * remembered between steps, so a resumed run needs the step number alone.
 *
 * @param count rows in the data set.
 * @param seed same seed, same batches. Epochs are shuffled apart.
 */
export function epochOrder(count: number, batchSize: number, seed: number): EpochOrder {
  for (const [name, value] of Object.entries({ count, batchSize })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new TrainingOptionError(`${name} must be a whole number from 1 on; received ${value}.`);
    }
  }
  if (!Number.isInteger(seed))
    throw new TrainingOptionError(`The seed must be an integer; received ${seed}.`);
  const stepsPerEpoch = Math.ceil(count / batchSize);
  let cached = { epoch: -1, rows: permutation(0, new Random(seed)) };
  return {
    stepsPerEpoch,
    rowsAt(step) {
      const epoch = Math.floor(step / stepsPerEpoch);
      if (cached.epoch !== epoch) cached = { epoch, rows: permutation(count, new Random(seed, epoch)) };
      const first = (step % stepsPerEpoch) * batchSize;
      return cached.rows.slice(first, first + batchSize);
    },
  };
}

/** Fisher and Yates's shuffle of 0 … count − 1. */
function permutation(count: number, random: Random): Uint32Array {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const row = rows[last]!;
    rows[last] = rows[other]!;
    rows[other] = row;
  }
  return rows;
}
