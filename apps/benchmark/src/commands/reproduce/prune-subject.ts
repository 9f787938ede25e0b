import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { claimOutputFolder } from '@grasp/files';
import { decodeMask } from '@grasp/fold';
import {
  type Engine,
  MASK_FILE,
  openStateFile,
  type PruneSettings,
  prune,
  prunedView,
  RUN_RECORD,
  type RunIdentity,
  RunStateError,
  removeState,
  runIdentity,
  type StateFile,
} from '@grasp/prune';

export interface PruneSubjectJob {
  readonly checkpoint: Checkpoint;
  /** Asked for when there is something to do. */
  readonly engine: () => Promise<Engine>;
  readonly settings: PruneSettings;
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
  /** Where the pruned model goes. One that lies there complete is not made again. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Steps between two lines about a run. */
const STEPS_A_LINE = 64;

/** Prunes into a folder that gets its name when it is complete; a run that was ended goes on from its last save. */
export async function pruneInto(job: PruneSubjectJob): Promise<void> {
  const { folder, say } = job;
  if (await isPruned(folder)) return;
  const run = { ...job, engine: await job.engine() };
  const output = await claimOutputFolder(folder);
  const statePath = `${folder}.state`;
  try {
    const stateFile = await stateOf(statePath, await runIdentity(run));
    for await (const event of prune({ ...run, folder: output.work, stateFile })) {
      if ('step' in event && event.step % STEPS_A_LINE === 0) {
        say(`${event.stage} ${event.step}/${event.steps}: loss ${event.loss.toFixed(3)}`);
      }
    }
  } catch (error) {
    await output.discard().catch(() => {}); // the first error is the one to report
    throw error;
  }
  await output.commit();
  await removeState(statePath);
}

/**
 * Whether a pruned model lies there, which it does only when it is complete. Asks the folder above, as a network file
 * system remembers that a file was not there.
 */
export async function isPruned(folder: string): Promise<boolean> {
  const namesIn = (path: string) => readdir(path).catch((): string[] => []);
  return (
    (await namesIn(dirname(folder))).includes(basename(folder)) &&
    (await namesIn(folder)).includes(RUN_RECORD)
  );
}

/** What an earlier run saved; one of another engine or release begins anew. */
async function stateOf(path: string, identity: RunIdentity): Promise<StateFile> {
  try {
    return await openStateFile(path, identity);
  } catch (error) {
    if (!(error instanceof RunStateError)) throw error;
    return openStateFile(path, identity, { restart: true });
  }
}

/** The pruned model; without its scales, a view of the dense one under its mask. */
export async function openPruned(
  folder: string,
  dense: string,
  { unscaled = false }: { readonly unscaled?: boolean },
): Promise<Checkpoint> {
  if (!unscaled) return openCheckpoint(folder);
  const { mask } = decodeMask(await readFile(join(folder, MASK_FILE)));
  return prunedView(await openCheckpoint(dense), mask);
}
