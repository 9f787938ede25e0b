import { basename, join } from 'node:path';
import { type Checkpoint, openCheckpoint, withFiniteWeights, writeFolder } from '@grasp/checkpoint';
import {
  architectures,
  type DecoderCheckpoint,
  type DecoderConfig,
  openDecoderCheckpoint,
} from '@grasp/decoder';
import { forTransformers, modelCard, originOf } from '@grasp/export';
import { replaceFile } from '@grasp/files';
import { encodeMask } from '@grasp/fold';
import { loadOn } from '../engine/load.js';
import { assertDtype } from '../engine/open-engine.js';
import { assertGiven } from '../learning/choose-by-method.js';
import { assertCompensates } from '../learning/compensate.js';
import { type Learned, learn } from '../learning/learn.js';
import { withGivenChoice } from '../methods/given-method.js';
import { assertMet } from '../projection/budgets.js';
import { type Projection, projectionOf, usesPaperRule } from '../projection/projection.js';
import type { RunState } from '../state/run-state.js';
import { saving } from '../state/saving.js';
import type { PruneEvent, Subject } from './events.js';
import { measure } from './measure.js';
import type { PruneJob } from './prune-job.js';
import { prunedView } from './pruned-view.js';
import { relay } from './relay.js';
import { CARD, MASK_FILE, RUN_RECORD, type RunRecord, runRecord } from './run-record.js';

async function* learnOn(
  model: DecoderCheckpoint,
  { engine, settings, gateBlocks, scaleBlocks = gateBlocks, method, scores, mask }: PruneJob,
  projection: Projection,
  progress: RunState,
): AsyncGenerator<PruneEvent, Learned, undefined> {
  const decoder = yield* loadOn(model, engine, settings.engine.dtype);
  try {
    const given = {
      ...(method ? { method } : {}),
      ...(scores ? { scores } : {}),
      ...(mask ? { mask } : {}),
    };
    const data = { checkpoint: model, gateBlocks, scaleBlocks, ...given };
    return yield* learn(decoder, data, settings, projection, progress);
  } finally {
    decoder.dispose();
  }
}

/** Writes the pruned model, reads every tensor back to compare it, and opens the written checkpoint. */
async function* write(
  view: Checkpoint,
  folder: string,
  { architecture }: DecoderConfig,
): AsyncGenerator<PruneEvent, DecoderCheckpoint, undefined> {
  yield* relay<PruneEvent, void>((emit) =>
    writeFolder(withFiniteWeights(view), folder, {
      onTensor: ({ stage, done, total }) => emit({ stage, tensor: done, tensors: total }),
    }),
  );
  // The folder may be of another architecture than the model: a llama whose heads no longer span it is written as a mistral.
  const written = await openCheckpoint(folder);
  return openDecoderCheckpoint(written, [...architectures, architecture]).catch(async (error: unknown) => {
    await written.close();
    throw error;
  });
}

/** The model card of the pruned model. */
async function cardOf(record: RunRecord, dense: Checkpoint, pruned: DecoderCheckpoint): Promise<string> {
  const { before, after } = record;
  const name = basename(record.model).replace(/\.gguf$/i, '');
  return modelCard(record, {
    name: `${name}-pruned-${Math.round(100 * (after.prunableParameters / before.prunableParameters))}`,
    config: pruned.decoder,
    needsCode: 'auto_map' in pruned.config,
    origin: await originOf(dense),
  });
}

/** Perplexities of a model that exists only in memory, from the state if they are there. */
async function* measureOnce(
  { engine, evaluation = [] }: PruneJob,
  { perplexity }: RunState,
  subject: Subject,
  checkpoint: Checkpoint,
): AsyncGenerator<PruneEvent, Readonly<Record<string, number>>, undefined> {
  const kept = perplexity[subject];
  if (kept) return kept;
  const measured = yield* measure(checkpoint, subject, evaluation, engine);
  // JSON cannot hold an infinity. Such a model is rare and is measured again.
  if (evaluation.length > 0 && Object.values(measured).every(Number.isFinite)) perplexity[subject] = measured;
  return measured;
}

/**
 * Runs the whole method: measures the dense model, chooses units, refits and tunes the kept units, measures the masked
 * model, writes the pruned checkpoint and measures that.
 *
 * The generator yields a small event for each step. Leaving the loop stops the run. With a state file, the run resumes
 * from the saved state and writes the same bytes as a run that was never interrupted.
 *
 * @returns the run's record, which is also written to the folder.
 * @throws SettingsError, BudgetBelowFloorError before any work; MethodError; BudgetMissedError; what the engine and the checkpoint throw.
 */
export function prune(given: PruneJob): AsyncGenerator<PruneEvent, RunRecord, undefined> {
  const job = withGivenChoice(given);
  const { stateFile, saveEvery } = job;
  return stateFile ? saving(run(job, stateFile.state), stateFile, saveEvery) : run(job, { perplexity: {} });
}

async function* run(job: PruneJob, progress: RunState): AsyncGenerator<PruneEvent, RunRecord, undefined> {
  const { engine, settings, folder, evaluation = [] } = job;
  assertDtype(engine, settings.engine.dtype);
  const model = await openDecoderCheckpoint(job.checkpoint, job.architectures);
  const projection = projectionOf(model, settings);
  if (folder !== undefined) forTransformers(model); // throws now what it would throw after the work
  assertGiven(job, settings, projection); // and this
  assertCompensates(model, settings); // and this
  const dense = yield* measureOnce(job, progress, 'dense', model);
  const learned = yield* learnOn(model, job, projection, progress);
  const { mask, scores, scales, replaced, biases, lora, norms } = learned;
  const masked = yield* measureOnce(job, progress, 'masked', prunedView(model, mask));
  const view = prunedView(model, mask, scales, { columns: replaced, biases, lora, norms });
  const pruned = folder === undefined ? view : yield* write(forTransformers(view), folder, view.decoder);
  try {
    const calibrated = yield* measure(pruned, 'calibrated', evaluation, engine);
    const perplexity = { dense, masked, calibrated };
    const record = runRecord(job, { ...projection, learned, dense: model, pruned, perplexity });
    if (!usesPaperRule(settings)) assertMet(record.budgets);
    if (folder === undefined) return record;
    await replaceFile(
      join(folder, MASK_FILE),
      encodeMask({ layout: projection.layout, mask, scales, scores }),
    );
    await replaceFile(join(folder, RUN_RECORD), `${JSON.stringify(record, null, 2)}\n`);
    await replaceFile(join(folder, CARD), await cardOf(record, model, pruned));
    return record;
  } finally {
    if (pruned !== view) await pruned.close(); // the caller owns the checkpoint behind the view
  }
}
