import { setImmediate } from 'node:timers/promises';
import { rowRange, type TokenBatch } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import { type ReplacedColumns, refitOutputs } from '@grasp/fold';
import type { PruneEvent } from '../run/events.js';
import type { PruneSettings } from '../settings/schema.js';
import { setTargets, type TeacherBlocks } from './teacher.js';

/** Tokens that go through a sublayer at once: enough to keep the cores busy. */
const TOKENS_AT_ONCE = 2048;

/**
 * Fits the output matrices to the kept units; the model keeps them.
 *
 * @param taught receives the teacher's targets for the first `taughtBlocks` blocks.
 */
export async function* refit(
  model: Decoder,
  mask: Uint8Array,
  blocks: TokenBatch,
  { refit: { damping, compensation, blocks: maxBlocks } }: PruneSettings,
  { taught, taughtBlocks }: { readonly taught: TeacherBlocks; readonly taughtBlocks: number },
): AsyncGenerator<PruneEvent, ReplacedColumns[], undefined> {
  const [available, length] = blocks.shape;
  const count = Math.min(available, maxBlocks);
  const atOnce = Math.max(1, Math.floor(TOKENS_AT_ONCE / length));
  const batches = Array.from({ length: Math.ceil(count / atOnce) }, (_, i) => {
    const first = i * atOnce;
    return rowRange(blocks, first, Math.min(atOnce, count - first));
  });
  const teacherBatches = Math.ceil(taughtBlocks / atOnce);
  const run = refitOutputs(model, batches, mask, { damping, compensation, teacherBatches });
  try {
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value;
      if (value.kind === 'teacher') {
        const [first, size] = [value.batch * atOnce, value.targets.length / batches[value.batch]!.shape[0]];
        const some = Math.min(atOnce, taughtBlocks - first);
        setTargets(taught, first, some, value.targets.subarray(0, some * size));
        yield { stage: 'teacher', block: first + some, blocks: taughtBlocks, tokens: some * length };
        await setImmediate(); // gives a listener of signals a turn
        continue;
      }
      const { done: sublayer, total: sublayers, missed } = value;
      const tokens = Math.round((count * length) / sublayers); // of the whole stage, by sublayer
      yield { stage: 'refit', sublayer, sublayers, tokens, missed };
    }
  } finally {
    await run.return([]);
  }
}
