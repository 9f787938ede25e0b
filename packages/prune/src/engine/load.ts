import { type Checkpoint, withFiniteWeights } from '@grasp/checkpoint';
import { type Decoder, loadDecoder } from '@grasp/decoder';
import type { PruneEvent } from '../run/events.js';
import { relay } from '../run/relay.js';
import { collectGarbage } from './collect-garbage.js';
import { assertDtype, type Engine } from './open-engine.js';

/**
 * Loads a decoder onto the engine and yields an event for each tensor. The caller disposes of the decoder.
 *
 * @throws EngineError if it does not compute in the dtype; NonFiniteWeightError, and what `loadDecoder` throws.
 */
export async function* loadOn(
  checkpoint: Checkpoint,
  engine: Engine,
  dtype: 'float32' | 'bfloat16' = 'float32',
): AsyncGenerator<PruneEvent, Decoder, undefined> {
  assertDtype(engine, dtype);
  let tensor = 0;
  let loaded: Decoder | undefined;
  let isLeft = true; // until the caller has it
  try {
    const decoder = yield* relay<PruneEvent, Decoder>(async (emit) => {
      loaded = await loadDecoder(withFiniteWeights(checkpoint), {
        runtime: engine.runtime,
        dtype,
        onTensor: () => emit({ stage: 'load', tensor: ++tensor, tensors: checkpoint.tensors.size }),
      });
      return loaded;
    });
    collectGarbage(); // host copies of the weights
    isLeft = false;
    return decoder;
  } finally {
    if (isLeft) loaded?.dispose();
  }
}
