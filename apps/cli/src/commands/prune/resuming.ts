import { existsSync } from 'node:fs';
import { openStateFile, type PruneJob, prune, type RunIdentity, type RunRecord } from '@grasp/prune';
import { type WatchOptions, watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';

interface State {
  readonly path: string;
  /** Of the job. */
  readonly identity: RunIdentity;
  readonly restart: boolean;
}

/** Runs a job, resuming from the state at `path` if there is one. Saves the state there. */
export async function pruneResuming(
  job: Omit<PruneJob, 'stateFile'>,
  { path, identity, restart }: State,
  shown: WatchOptions,
  terminal: Terminal,
): Promise<RunRecord> {
  const stateFile = await openStateFile(path, identity, { restart });
  if (stateFile.resumed && !shown.quiet) {
    terminal.note(`Resuming after step ${stateFile.savedSteps} from ${path}. Use --restart to begin again.`);
  }
  try {
    return await watch(prune({ ...job, stateFile }), terminal, shown);
  } catch (error) {
    if (existsSync(path))
      terminal.note(`${savedSteps(stateFile.savedSteps)} saved in ${path}. Run the same command to resume.`);
    throw error;
  }
}

const savedSteps = (count: number): string => (count === 1 ? '1 step is' : `${count} steps are`);
