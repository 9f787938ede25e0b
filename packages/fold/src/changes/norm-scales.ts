import type { Checkpoint } from '@grasp/checkpoint';
import { FoldError } from '../errors.js';

/** One factor per entry of a norm's weight vector. */
export interface NormScales {
  /** Name of the vector in the checkpoint, of shape `[d]`. */
  readonly tensor: string;
  /** `[d]`, finite. */
  readonly scales: Float32Array;
  /** What the norm adds to the stored weight before it multiplies: 1 for norms with weights around 0. Default: 0. */
  readonly offset?: number;
}

/** @throws {FoldError} if the vector is missing, has another length, or a scale is not finite. */
export function assertNormFits(checkpoint: Checkpoint, { tensor, scales }: NormScales): void {
  const shape = checkpoint.tensors.get(tensor)?.shape;
  if (shape?.length !== 1 || shape[0] !== scales.length) {
    throw new FoldError(
      `${checkpoint.source}: ${tensor} ${shape ? `has shape [${shape.join(', ')}]` : 'is missing'}; ` +
        `its norm scales need shape [${scales.length}].`,
    );
  }
  const entry = scales.findIndex((scale) => !Number.isFinite(scale));
  if (entry >= 0) {
    throw new FoldError(`Norm scale ${entry} of ${tensor} is ${scales[entry]}. Scales must be finite.`);
  }
}

/** Multiplies a norm's weights by their scales, in place. */
export function scaleNorm(vector: Float32Array, { scales, offset = 0 }: NormScales): void {
  for (let entry = 0; entry < scales.length; entry++) {
    vector[entry] = (vector[entry]! + offset) * scales[entry]! - offset;
  }
}
