import { openDecoderCheckpoint } from '@grasp/decoder';
import { loadOn } from '../engine/load.js';
import { MethodError } from '../methods/errors.js';
import { methodOf } from '../methods/given-method.js';
import { projectionOf } from '../projection/projection.js';
import type { PruneEvent } from '../run/events.js';
import type { PruneJob } from '../run/prune-job.js';
import type { ChoiceState } from '../state/run-state.js';
import { saving } from '../state/saving.js';
import { chooseMask } from './choose-mask.js';

/**
 * Learns scores only, under the budget of the settings, for runs under several budgets. A run that starts from the
 * returned state, `prune({ …, stateFile: { state: { choice, perplexity: {} }, … } })`, projects the scores onto its own
 * budget. Settings that affect the scores must be the same for all runs; of them, those of `importancePlan` depend on the budget
 * unless they are given.
 *
 * @throws MethodError if the method of the settings finds a mask for one budget, and no scores.
 */
export async function* learnScores(
  job: Pick<PruneJob, 'checkpoint' | 'engine' | 'settings' | 'gateBlocks' | 'saveEvery'> &
    Required<Pick<PruneJob, 'stateFile'>>,
): AsyncGenerator<PruneEvent, ChoiceState, undefined> {
  const { checkpoint, engine, settings, gateBlocks, stateFile, saveEvery } = job;
  const method = methodOf(settings, {});
  if (method && !('score' in method)) {
    throw new MethodError(
      `The method "${method.name}" finds a mask for one budget, not scores for several. Prune once for each budget.`,
    );
  }
  const source = { checkpoint: await openDecoderCheckpoint(checkpoint) };
  const projection = projectionOf(source.checkpoint, settings);
  const { state } = stateFile;
  async function* choose(): AsyncGenerator<PruneEvent, void, undefined> {
    const decoder = yield* loadOn(source.checkpoint, engine, settings.engine.dtype);
    try {
      yield* chooseMask(decoder, source, gateBlocks, settings, projection, state);
    } finally {
      decoder.dispose();
    }
  }
  yield* saving(choose(), stateFile, saveEvery);
  await stateFile.save();
  return state.choice!;
}
