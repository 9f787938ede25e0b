import { rows, type TokenBlocks } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import { type ReplacedColumns, refitOutputs } from '@grasp/fold';
import type { PruneEvent } from './events.js';
import type { PruneSettings } from './settings.js';

/** Tokens that go through a sublayer at once: enough to keep the cores busy. */
const TOKENS_AT_ONCE = 2048;

/** Fits the output matrices of the kept units anew; the model keeps them. */
export async function* refit(
  model: Decoder,
  mask: Uint8Array,
  blocks: TokenBlocks,
  { damping, recover, refitBlocks }: PruneSettings,
): AsyncGenerator<PruneEvent, ReplacedColumns[], undefined> {
  const [available, length] = blocks.shape;
  const count = Math.min(available, refitBlocks);
  const atOnce = Math.max(1, Math.floor(TOKENS_AT_ONCE / length));
  const batches = Array.from({ length: Math.ceil(count / atOnce) }, (_, i) => {
    const first = i * atOnce;
    return rows(
      blocks,
      Array.from({ length: Math.min(atOnce, count - first) }, (_, row) => first + row),
    );
  });
  const run = refitOutputs(model, batches, mask, { damping, recover });
  try {
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value;
      const { done: sublayer, total: sublayers, missed } = value;
      const tokens = Math.round((count * length) / sublayers); // of the whole stage, by sublayer
      yield { stage: 'refit', sublayer, sublayers, tokens, missed };
    }
  } finally {
    await run.return([]);
  }
}
