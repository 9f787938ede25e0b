import {
  type HealStateFile,
  healStateFile,
  openStateFile,
  type RunIdentity,
  RunStateError,
  type StateFile,
} from '@grasp/prune';

/** The state that an earlier run saved, or an empty one. State of another engine or release is discarded. */
export function resumableState(path: string, identity: RunIdentity): Promise<StateFile> {
  return orRestarted((restart) => openStateFile(path, identity, { restart }));
}

/** The same for healing. Its state is read when the training is restored. */
export function resumableHealState(path: string, identity: RunIdentity): HealStateFile {
  return {
    ...healStateFile(path, identity),
    restore: (training) =>
      orRestarted((restart) => healStateFile(path, identity, { restart }).restore(training)),
  };
}

/** Restarts if the saved state cannot be used. */
async function orRestarted<Result>(open: (restart: boolean) => Promise<Result>): Promise<Result> {
  try {
    return await open(false);
  } catch (error) {
    if (!(error instanceof RunStateError)) throw error;
    return open(true);
  }
}
