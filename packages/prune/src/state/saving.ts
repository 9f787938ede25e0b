import type { PruneEvent } from '../run/events.js';
import type { StateFile } from './state-file.js';

/** Steps between two saves, unless told otherwise. */
const DEFAULT_SAVE_EVERY = 64;
/** Where steps are slow: the most that a killed run loses. */
const MOST_SECONDS = 120;

/**
 * Hands on what a run yields, and saves its state as each stage begins, every `everySteps` steps or two minutes, and
 * when the run is left or fails: between two events the state is that of whole steps.
 */
export async function* saving<Result>(
  run: AsyncGenerator<PruneEvent, Result, undefined>,
  file: Pick<StateFile, 'save'>,
  everySteps: number = DEFAULT_SAVE_EVERY,
): AsyncGenerator<PruneEvent, Result, undefined> {
  let stage: PruneEvent['stage'] | undefined;
  let steps = 0;
  let savedAt = performance.now();
  let finished = false;
  try {
    for (;;) {
      const next = await run.next();
      if (next.done) {
        finished = true;
        return next.value;
      }
      if ('step' in next.value) steps++;
      const late = performance.now() - savedAt > 1000 * MOST_SECONDS;
      if (next.value.stage !== stage || steps >= everySteps || late) {
        await file.save();
        stage = next.value.stage;
        steps = 0;
        savedAt = performance.now();
      }
      yield next.value;
    }
  } finally {
    if (!finished) {
      await run.return(undefined as never);
      await file.save().catch(() => {}); // why the run ended is what to report
    }
  }
}
