import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, type OutputFolder, openCheckpoint, writeFolder } from '@grasp/checkpoint';
import { decoderConfig, decoderLayout, prunedConfig, unitSlices } from '@grasp/decoder';
import { encodeMask, foldCheckpoint } from '@grasp/fold';
import type { Engine } from './engine.js';
import type { PruneEvent } from './events.js';
import { type Learned, learn, projectionOf } from './learn.js';
import { loadOn } from './load.js';
import { type EvaluationText, measure } from './measure.js';
import { relay } from './relay.js';
import { MASK_FILE, RUN_RECORD, type RunRecord, runRecord } from './run-record.js';
import type { PruneSettings } from './settings.js';
import { version } from './version.js';

/** What a run needs. Nothing of it is closed by the run but the output folder. */
export interface PruneJob {
  readonly checkpoint: Checkpoint;
  readonly engine: Engine;
  readonly settings: PruneSettings;
  /** Text to learn the gates on, `[blocks, length]`. */
  readonly gateBlocks: TokenBlocks;
  /** Text to calibrate the scales on. Default: the same. */
  readonly scaleBlocks?: TokenBlocks;
  /** Text to measure perplexity on. Default: none. */
  readonly evaluation?: readonly EvaluationText[];
  /** Claimed; committed when the run is complete, discarded when it fails or is left. */
  readonly output: OutputFolder;
}

/** The pruned model that was learned, as a view of the dense one. Without scales: with the mask alone. */
export function prunedView(checkpoint: Checkpoint, mask: Uint8Array, scales?: Float32Array): Checkpoint {
  const config = decoderConfig(checkpoint.config);
  return foldCheckpoint(checkpoint, {
    layout: decoderLayout(config),
    slices: unitSlices(config).filter(({ tensor }) => checkpoint.tensors.has(tensor)),
    mask,
    ...(scales ? { scales } : {}),
    config: prunedConfig(checkpoint.config, config, mask),
  });
}

async function* learnOn(job: PruneJob): AsyncGenerator<PruneEvent, Learned, undefined> {
  const { checkpoint, engine, settings, gateBlocks, scaleBlocks = gateBlocks } = job;
  const decoder = yield* loadOn(checkpoint, engine, settings.dtype);
  try {
    return yield* learn(decoder, { gateBlocks, scaleBlocks }, settings);
  } finally {
    decoder.dispose();
  }
}

/** Writes the pruned model, reads every tensor back to compare it, and opens what stands there. */
async function* write(view: Checkpoint, folder: string): AsyncGenerator<PruneEvent, Checkpoint, undefined> {
  yield* relay<PruneEvent, void>((emit) =>
    writeFolder(view, folder, {
      onTensor: ({ stage, done, total }) => emit({ stage, tensor: done, tensors: total }),
    }),
  );
  return openCheckpoint(folder);
}

/**
 * A whole run: perplexity of the dense model, learning, perplexity under the mask, the folded checkpoint on disk,
 * and its perplexity as read back from there. Yields small records as it goes; leaving the loop stops the run and
 * removes what it wrote.
 *
 * @returns the run's record, which also stands in the output folder.
 */
export async function* prune(job: PruneJob): AsyncGenerator<PruneEvent, RunRecord, undefined> {
  const { checkpoint, engine, settings, gateBlocks, output, evaluation = [] } = job;
  const layout = decoderLayout(decoderConfig(checkpoint.config));
  const { budget } = projectionOf(layout, settings);
  let written: Checkpoint | undefined;
  let complete = false;
  try {
    const dense = yield* measure(checkpoint, 'dense', evaluation, engine);
    const learned = yield* learnOn(job);
    const { mask, scales } = learned;
    const masked = yield* measure(prunedView(checkpoint, mask), 'masked', evaluation, engine);
    written = yield* write(prunedView(checkpoint, mask, scales), output.work);
    const calibrated = yield* measure(written, 'calibrated', evaluation, engine);
    const record = runRecord({
      engine,
      version,
      settings,
      gateBlocks,
      scaleBlocks: job.scaleBlocks ?? gateBlocks,
      evaluation,
      layout,
      budgetLimit: budget.limit,
      learned,
      dense: checkpoint,
      pruned: written,
      perplexity: { dense, masked, calibrated },
    });
    await writeFile(join(output.work, MASK_FILE), encodeMask({ layout, mask, scales }));
    await writeFile(join(output.work, RUN_RECORD), `${JSON.stringify(record, null, 2)}\n`);
    await output.commit();
    complete = true;
    return record;
  } finally {
    await written?.close();
    if (!complete) await output.discard();
  }
}
