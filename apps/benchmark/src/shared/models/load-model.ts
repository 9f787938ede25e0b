import type { Checkpoint } from '@grasp/checkpoint';
import type { Decoder } from '@grasp/decoder';
import { type Engine, loadOn } from '@grasp/prune';

/** Loads a decoder on an engine. The caller disposes it. */
export async function loadModel(
  checkpoint: Checkpoint,
  engine: Engine,
  dtype: 'float32' | 'bfloat16' = 'float32',
): Promise<Decoder> {
  const loading = loadOn(checkpoint, engine, dtype);
  for (;;) {
    const { done, value } = await loading.next();
    if (done) return value;
  }
}
