import { type Checkpoint, withFiniteWeights } from '@grasp/checkpoint';
import { type Decoder, loadDecoder } from '@grasp/decoder';
import { collectGarbage } from './collect-garbage.js';
import type { Engine } from './engine.js';
import type { PruneEvent } from './events.js';
import { relay } from './run/relay.js';

/**
 * Loads a decoder, a record a tensor. The caller disposes of it.
 *
 * @throws NonFiniteWeightError, and what `loadDecoder` throws.
 */
export function loadOn(
  checkpoint: Checkpoint,
  { runtime }: Engine,
  dtype: 'float32' | 'bfloat16' = 'float32',
): AsyncGenerator<PruneEvent, Decoder, undefined> {
  let tensor = 0;
  return relay(async (emit) => {
    const decoder = await loadDecoder(withFiniteWeights(checkpoint), {
      runtime,
      dtype,
      onTensor: () => emit({ stage: 'load', tensor: ++tensor, tensors: checkpoint.tensors.size }),
    });
    collectGarbage(); // host copies of the weights
    return decoder;
  });
}
