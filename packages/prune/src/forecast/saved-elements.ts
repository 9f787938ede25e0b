import { type DecoderCost, totalAmount } from '@grasp/decoder';

/** Elements that a step saves for its backward pass, by how they are held. */
export interface SavedPerStep {
  readonly float32: number;
  readonly weightDtype: number;
}

/**
 * The elements that the forecast counts. The measured constants of time and memory were fitted without the copy of
 * queries and keys that a norm on each head saves.
 */
export function savedPerStep({ saved }: DecoderCost): SavedPerStep {
  const { 'kv.queryKeyBeforeNorm': _, ...weightDtype } = saved.weightDtype;
  return { float32: totalAmount(saved.float32), weightDtype: totalAmount(weightDtype) };
}
