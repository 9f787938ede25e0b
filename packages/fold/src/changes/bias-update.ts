import type { Checkpoint } from '@grasp/checkpoint';
import { FoldError } from '../errors.js';

/** A vector to be added to a bias that the checkpoint has. */
export interface BiasUpdate {
  readonly tensor: string;
  readonly added: Float32Array;
}

/** @throws {FoldError} if the checkpoint has no such vector. */
export function assertBiasFits(checkpoint: Checkpoint, { tensor, added }: BiasUpdate): void {
  const shape = checkpoint.tensors.get(tensor)?.shape;
  if (shape?.length === 1 && shape[0] === added.length) return;
  const found = shape ? `it has shape [${shape.join(', ')}]` : 'the checkpoint has no such tensor';
  throw new FoldError(`changes.biases adds ${added.length} entries to ${tensor}, but ${found}.`);
}

export function addBias(vector: Float32Array, { added }: BiasUpdate): void {
  added.forEach((value, i) => {
    vector[i]! += value;
  });
}
