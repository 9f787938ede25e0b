import { existsSync } from 'node:fs';
import { openStateFile, type PruneJob, prune, type RunRecord, runIdentity } from '@grasp/prune';
import { type WatchOptions, watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';

/** Runs a job from what an earlier run of it kept at `path`, and keeps there what the next one would need. */
export async function pruneResuming(
  job: Omit<PruneJob, 'stateFile'>,
  path: string,
  { restart = false, ...shown }: WatchOptions & { readonly restart?: boolean },
  terminal: Terminal,
): Promise<RunRecord> {
  const stateFile = await openStateFile(path, await runIdentity(job), { restart });
  if (stateFile.resumed) {
    terminal.note(`Going on after ${stateFile.savedSteps} steps, kept in ${path}; --restart begins anew.`);
  }
  try {
    return await watch(prune({ ...job, stateFile }), terminal, shown);
  } catch (error) {
    if (existsSync(path))
      terminal.note(
        `What was done, ${stateFile.savedSteps} steps, is kept in ${path}: the same command goes on from it.`,
      );
    throw error;
  }
}
