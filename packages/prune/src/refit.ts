import { setImmediate } from 'node:timers/promises';
import { rows, type TokenBatch, type TokenBlocks } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import { type RefitModel, type ReplacedColumns, refitOutputs } from '@grasp/fold';
import { type Predictions, setPredictions } from './predictions.js';
import { relay } from './relay.js';
import type { PruneEvent } from './run/events.js';
import type { PruneSettings } from './settings/schema.js';

/** Tokens that go through a sublayer at once: enough to keep the cores busy. */
const TOKENS_AT_ONCE = 2048;

/**
 * Fits the output matrices of the kept units anew; the model keeps them.
 *
 * @param predicted how many of the first blocks the dense model is to predict on the way, into `predictions`
 */
export async function* refit(
  model: Decoder,
  mask: Uint8Array,
  blocks: TokenBlocks,
  { refit: { damping, compensation, blocks: mostBlocks } }: PruneSettings,
  { predictions, predicted }: { readonly predictions: Predictions; readonly predicted: number },
): AsyncGenerator<PruneEvent, ReplacedColumns[], undefined> {
  const [available, length] = blocks.shape;
  const count = Math.min(available, mostBlocks);
  const atOnce = Math.max(1, Math.floor(TOKENS_AT_ONCE / length));
  const batches = Array.from({ length: Math.ceil(count / atOnce) }, (_, i) => {
    const first = i * atOnce;
    return rows(
      blocks,
      Array.from({ length: Math.min(atOnce, count - first) }, (_, row) => first + row),
    );
  });
  let tell = (_: PruneEvent): void => {};
  const expected = {
    batches: Math.ceil(predicted / atOnce),
    take: async (together: Float32Array, batch: number) => {
      const [first, size] = [batch * atOnce, together.length / batches[batch]!.shape[0]];
      const some = Math.min(atOnce, predicted - first);
      setPredictions(predictions, first, some, together.subarray(0, some * size));
      tell({ stage: 'predictions', block: first + some, blocks: predicted, tokens: some * length });
      await setImmediate(); // let who listens have a turn
    },
  };
  const walked: RefitModel<TokenBatch> = {
    layout: model.layout,
    solveDefinite: model.solveDefinite,
    outputProblems: (...walk) => model.outputProblems(...walk, expected),
  };
  const run = refitOutputs(walked, batches, mask, { damping, recover: compensation });
  try {
    for (;;) {
      const { done, value } = yield* relay((emit: (event: PruneEvent) => void) => {
        tell = emit;
        return run.next();
      });
      if (done) return value;
      const { done: sublayer, total: sublayers, missed } = value;
      const tokens = Math.round((count * length) / sublayers); // of the whole stage, by sublayer
      yield { stage: 'refit', sublayer, sublayers, tokens, missed };
    }
  } finally {
    await run.return([]);
  }
}
