import { basename, join } from 'node:path';
import { type Checkpoint, openCheckpoint, withFiniteWeights, writeFolder } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import { forTransformers, modelCard, originOf } from '@grasp/export';
import { replaceFile } from '@grasp/files';
import { encodeMask } from '@grasp/fold';
import { assertMet } from './budgets.js';
import type { PruneEvent, Subject } from './events.js';
import { type Learned, learn } from './learning/learn.js';
import { loadOn } from './load.js';
import { measure } from './measure.js';
import { type Projection, projectionOf } from './projection.js';
import type { PruneJob } from './prune-job.js';
import { prunedView } from './pruned-view.js';
import { relay } from './run/relay.js';
import { CARD, MASK_FILE, RUN_RECORD, type RunRecord, runRecord } from './run-record.js';
import type { RunState } from './state/run-state.js';
import { saving } from './state/saving.js';

async function* learnOn(
  job: PruneJob,
  projection: Projection,
  progress: RunState,
): AsyncGenerator<PruneEvent, Learned, undefined> {
  const { checkpoint, engine, settings, gateBlocks, scaleBlocks = gateBlocks } = job;
  const decoder = yield* loadOn(checkpoint, engine, settings.dtype);
  try {
    return yield* learn(decoder, { gateBlocks, scaleBlocks }, settings, projection, progress);
  } finally {
    decoder.dispose();
  }
}

/** Writes the pruned model, numbers alone, reads every tensor back to compare it, and opens what stands there. */
async function* write(view: Checkpoint, folder: string): AsyncGenerator<PruneEvent, Checkpoint, undefined> {
  yield* relay<PruneEvent, void>((emit) =>
    writeFolder(withFiniteWeights(view), folder, {
      onTensor: ({ stage, done, total }) => emit({ stage, tensor: done, tensors: total }),
    }),
  );
  return openCheckpoint(folder);
}

/** The card of the pruned model. */
async function cardOf(record: RunRecord, dense: Checkpoint, pruned: Checkpoint): Promise<string> {
  const { before, after } = record;
  const name = basename(record.model).replace(/\.gguf$/i, '');
  return modelCard(record, {
    name: `${name}-pruned-${Math.round(100 * (after.prunableParameters / before.prunableParameters))}`,
    config: decoderConfig(pruned.config),
    origin: await originOf(dense),
  });
}

/** Perplexities of a model that is in memory alone: as kept, or measured and kept. */
async function* measureOnce(
  { engine, evaluation = [] }: PruneJob,
  { perplexity }: RunState,
  subject: Subject,
  checkpoint: Checkpoint,
): AsyncGenerator<PruneEvent, Readonly<Record<string, number>>, undefined> {
  const kept = perplexity[subject];
  if (kept) return kept;
  const measured = yield* measure(checkpoint, subject, evaluation, engine);
  // JSON has no infinities, and a model that bad is rare: measured again.
  if (evaluation.length > 0 && Object.values(measured).every(Number.isFinite)) perplexity[subject] = measured;
  return measured;
}

/**
 * A whole run: perplexity of the dense model, learning, perplexity under the mask, the folded checkpoint on disk,
 * and its perplexity as read back from there. Yields small records as it goes; leaving the loop stops the run. With a
 * state file it goes on from what is saved there, and ends with the same bytes as a run that never stopped.
 *
 * @returns the run's record, which also stands in the folder.
 */
export function prune(job: PruneJob): AsyncGenerator<PruneEvent, RunRecord, undefined> {
  const { stateFile, saveEvery } = job;
  return stateFile ? saving(run(job, stateFile.state), stateFile, saveEvery) : run(job, { perplexity: {} });
}

async function* run(job: PruneJob, progress: RunState): AsyncGenerator<PruneEvent, RunRecord, undefined> {
  const { checkpoint, engine, settings, folder, evaluation = [] } = job;
  const projection = projectionOf(checkpoint, settings);
  const dense = yield* measureOnce(job, progress, 'dense', checkpoint);
  const learned = yield* learnOn(job, projection, progress);
  const { mask, scores, scales, replaced, lora, norms } = learned;
  const masked = yield* measureOnce(job, progress, 'masked', prunedView(checkpoint, mask));
  const view = forTransformers(
    prunedView(checkpoint, mask, scales, { columns: replaced, lowRank: lora, norms }),
  );
  const pruned = folder === undefined ? view : yield* write(view, folder);
  try {
    const calibrated = yield* measure(pruned, 'calibrated', evaluation, engine);
    const perplexity = { dense, masked, calibrated };
    const record = runRecord(job, { ...projection, learned, pruned, perplexity });
    if (settings.projection === 'exact') assertMet(record.budgets);
    if (folder === undefined) return record;
    await replaceFile(join(folder, MASK_FILE), encodeMask({ layout: projection.layout, mask, scales, scores }));
    await replaceFile(join(folder, RUN_RECORD), `${JSON.stringify(record, null, 2)}\n`);
    await replaceFile(join(folder, CARD), await cardOf(record, checkpoint, pruned));
    return record;
  } finally {
    if (pruned !== view) await pruned.close(); // the view's is the job's
  }
}
