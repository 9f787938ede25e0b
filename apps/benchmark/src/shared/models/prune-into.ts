import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { TokenBlocks } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import { claimOutputFolder } from '@grasp/files';
import {
  type Engine,
  type PruneEvent,
  type PruneSettings,
  prune,
  RUN_RECORD,
  removeState,
  runIdentity,
} from '@grasp/prune';
import { resumableState } from './resumable-state.js';

export interface PruneIntoJob {
  readonly checkpoint: Checkpoint;
  /** Opens the engine. Called only if there is something to compute. */
  readonly engine: () => Promise<Engine>;
  readonly settings: PruneSettings;
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
  /** Output folder. A complete pruned model in it is kept. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** The units to keep, if they have been chosen. Default: as the settings say. */
  readonly mask?: Uint8Array;
  /** Called with each event of the run. */
  readonly onEvent?: (event: PruneEvent) => void;
}

/** Steps between two progress lines. */
const STEPS_PER_LINE = 64;

/**
 * Prunes a model into a folder, which appears under its name only when it is complete. An interrupted run resumes from
 * its last saved state.
 */
export async function pruneInto(job: PruneIntoJob): Promise<void> {
  const { folder, say } = job;
  if (await isPruned(folder)) return;
  const run = { ...job, engine: await job.engine() };
  const output = await claimOutputFolder(folder);
  const statePath = `${folder}.state`;
  try {
    const stateFile = await resumableState(statePath, await runIdentity(run));
    for await (const event of prune({ ...run, folder: output.work, stateFile })) {
      job.onEvent?.(event);
      if ('step' in event && 'loss' in event && event.step % STEPS_PER_LINE === 0) {
        say(`${event.stage} ${event.step}/${event.steps}: loss ${event.loss.toFixed(3)}`);
      }
    }
  } catch (error) {
    await output.discard().catch(() => {}); // report the first error
    throw error;
  }
  await output.commit();
  await removeState(statePath);
}

/**
 * Whether a folder holds a complete pruned model. Lists the parent folder instead of opening the path, because network
 * file systems cache the absence of a file.
 *
 * @param record name of the record of the run that made it.
 */
export async function isPruned(folder: string, record = RUN_RECORD): Promise<boolean> {
  const namesIn = (path: string) => readdir(path).catch((): string[] => []);
  return (
    (await namesIn(dirname(folder))).includes(basename(folder)) && (await namesIn(folder)).includes(record)
  );
}
