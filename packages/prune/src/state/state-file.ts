import { readFile, rm } from 'node:fs/promises';
import { removeDrafts, replaceFile } from '@grasp/files';
import {
  decodeRunState,
  encodeRunState,
  isRunState,
  type RunState,
  readRunState,
  stepsOf,
} from './run-state.js';
import { type RunIdentity, RunStateError } from './same-run.js';

/** A run's state with its path. The caller makes sure that no other process opens it. */
export interface StateFile {
  readonly path: string;
  /** The live state: the run updates it in place. */
  readonly state: RunState;
  /** Whether there was a saved state to go on from. */
  readonly resumed: boolean;
  /** Steps completed, of both stages, as they stand on disk. */
  readonly savedSteps: number;
  /** Replaces the file, whole or not at all. Does nothing while there is no state to keep. */
  save(): Promise<void>;
}

/**
 * Opens the state of a run: the saved one where there is one, else an empty one.
 *
 * @param restart ignore a saved state and begin again
 * @throws RunStateError if the saved state cannot be used
 */
export async function openStateFile(
  path: string,
  identity: RunIdentity,
  { restart = false }: { readonly restart?: boolean } = {},
): Promise<StateFile> {
  await removeDrafts(path); // of a process that was killed while it saved
  const saved = await readSaved(path);
  const discard = saved !== undefined && restart && isRunState(saved);
  const resumed = saved !== undefined && !discard;
  const state: RunState = resumed ? decodeRunState(saved, identity, path) : { perplexity: {} };
  if (discard) await removeState(path);
  let savedSteps = stepsOf(state);
  return {
    path,
    state,
    resumed,
    get savedSteps() {
      return savedSteps;
    },
    async save() {
      if (isEmpty(state)) return;
      await replaceFile(path, encodeRunState(state, identity));
      savedSteps = stepsOf(state);
    },
  };
}

/**
 * Checks the state at a path before a run reads its texts, which `openStateFile` needs.
 *
 * @throws RunStateError if a state is there that no run can use
 */
export async function checkStateFile(
  path: string,
  { restart = false }: { readonly restart?: boolean } = {},
): Promise<void> {
  const saved = await readSaved(path);
  if (saved !== undefined && !(restart && isRunState(saved))) readRunState(saved, path);
}

/** Removes what was saved, once a run's output has its place. */
export async function removeState(path: string): Promise<void> {
  await removeDrafts(path);
  await rm(path, { force: true });
}

async function readSaved(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR') {
      const detail = 'a folder has the name of the saved state. Move it, or choose another output folder.';
      throw new RunStateError(path, detail, [], { cause: error });
    }
    throw new RunStateError(path, `the saved state cannot be read: ${(error as Error).message}.`, [], {
      cause: error,
    });
  }
}

function isEmpty(state: RunState): boolean {
  return stepsOf(state) === 0 && Object.keys(state.perplexity).length === 0;
}
