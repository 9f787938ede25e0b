import type { TrainingState } from '@grasp/gates';
import { chooseMask } from './choose-mask.js';
import { loadOn } from './engine/load.js';
import { projectionOf } from './projection/projection.js';
import type { PruneEvent } from './run/events.js';
import type { PruneJob } from './run/prune-job.js';
import { saving } from './saving.js';

/**
 * Learns scores alone, under the budget of the settings, to serve several budgets: a run that starts from the state
 * returned, `prune({ …, stateFile: { state: { choice, perplexity: {} }, … } })`, projects them onto its own budget and
 * learns no others. Settings that decide what the scores become must be the same for all.
 */
export async function* learnScores(
  job: Pick<PruneJob, 'checkpoint' | 'engine' | 'settings' | 'gateBlocks' | 'saveEvery'> &
    Required<Pick<PruneJob, 'stateFile'>>,
): AsyncGenerator<PruneEvent, TrainingState, undefined> {
  const { checkpoint, engine, settings, gateBlocks, stateFile, saveEvery } = job;
  const projection = projectionOf(checkpoint, settings);
  const { state } = stateFile;
  async function* choose(): AsyncGenerator<PruneEvent, void, undefined> {
    const decoder = yield* loadOn(checkpoint, engine, settings.engine.dtype);
    try {
      yield* chooseMask(decoder, gateBlocks, settings, projection, state);
    } finally {
      decoder.dispose();
    }
  }
  yield* saving(choose(), stateFile, saveEvery);
  await stateFile.save();
  return state.choice!;
}
