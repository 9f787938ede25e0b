import { rm } from 'node:fs/promises';
import { openSafetensors, parseJson, type SafetensorsFile, writeSafetensors } from '@grasp/checkpoint';
import { removeDrafts } from '@grasp/files';
import * as z from 'zod';
import { checkSameRun, RESTART, type RunIdentity, RunStateError } from '../state/same-run.js';
import { type BestWeights, bestInFile } from './best.js';
import type { HealedStep, HealPoint } from './events.js';
import type { HealTraining } from './training.js';

/** How far healing has come. Its weights and moments are in the training. */
export interface HealProgress {
  readonly steps: HealedStep[];
  readonly curve: HealPoint[];
}

/** Where a run of healing saves its state: one safetensors file, whole or not at all. */
export interface HealStateFile {
  /** Restores the training; its progress is undefined if there is nothing to resume. */
  restore(training: HealTraining): Promise<HealProgress | undefined>;
  /** Replaces the saved state; the one before stays until the new one is whole. */
  save(training: HealTraining, progress: HealProgress): Promise<void>;
  /** The weights of the best measurement, beside the state. */
  readonly best: BestWeights;
  /** Removes the state of a run that has ended, and its best weights. */
  remove(): Promise<void>;
}

const FORMAT = 'grasp-heal-state 1';

const progressSchema = z.object({
  identity: z.record(z.string(), z.union([z.string(), z.number()])),
  steps: z.array(z.object({ nll: z.number(), kl: z.number().optional(), gradientNorm: z.number() })),
  curve: z.array(z.object({ step: z.int(), perplexity: z.number() })),
});

/**
 * The state of a run at a path. The caller makes sure that no other process opens it.
 *
 * @param identity what determines the result. A state of another run is refused.
 * @param restart ignore a saved state.
 */
export function healStateFile(
  path: string,
  identity: RunIdentity,
  { restart = false }: { readonly restart?: boolean } = {},
): HealStateFile {
  const best = bestInFile(`${path}.best`);
  return {
    best,
    async restore(training) {
      await removeDrafts(path); // of a process that was killed while it saved
      if (restart && (await isState(path))) {
        await rm(path, { force: true });
        await best.remove();
      }
      return withState(path, async ({ read, progress }) => {
        checkSameRun(path, progress.identity, identity);
        await training.restore(progress.steps.length, read);
        const steps = progress.steps.map(({ nll, kl, gradientNorm }) => {
          return { nll, ...(kl === undefined ? {} : { kl }), gradientNorm };
        });
        return { steps, curve: progress.curve };
      });
    },
    async save(training, { steps, curve }) {
      const tensors = [...training.state()].map(({ name, size, read }) => {
        return { name, dtype: 'F32' as const, shape: [size], read };
      });
      const progress = JSON.stringify({ identity, steps, curve });
      await writeSafetensors(path, tensors, { format: FORMAT, progress });
    },
    async remove() {
      await best.remove();
      await removeDrafts(path);
      await rm(path, { force: true });
    },
  };
}

/**
 * Checks the state at a path before the work that would end with it.
 *
 * @param options `restart`: the state will be discarded; `identity` of the run, once it is known.
 * @throws RunStateError if a file is there that is no state of healing, or a state that the run cannot go on from
 */
export async function checkHealState(
  path: string,
  { restart = false, identity }: { readonly restart?: boolean; readonly identity?: RunIdentity } = {},
): Promise<void> {
  if (restart)
    await isState(path); // throws if it is another file
  else
    await withState(path, async ({ progress }) => {
      if (identity) checkSameRun(path, progress.identity, identity);
    });
}

/** The identity of the run that saved a state; undefined if there is none that can be read. */
export async function savedHealIdentity(path: string): Promise<RunIdentity | undefined> {
  // What is wrong with another file, `restore` tells.
  return withState(path, async ({ progress }) => progress.identity).catch(() => undefined);
}

type Progress = z.infer<typeof progressSchema>;

interface SavedState {
  readonly progress: Progress;
  readonly read: (tensor: string) => Promise<Float32Array>;
}

/** Reads the state at a path. Undefined if there is none. */
async function withState<Result>(
  path: string,
  use: (state: SavedState) => Promise<Result>,
): Promise<Result | undefined> {
  const file = await openState(path);
  if (!file) return undefined;
  try {
    const read = async (name: string) => (await file.read(name)).data as Float32Array;
    return await use({ progress: parsed(path, file.metadata.progress ?? ''), read });
  } finally {
    await file.close();
  }
}

/** Whether a state is there. @throws RunStateError if something else is */
async function isState(path: string): Promise<boolean> {
  const file = await openState(path);
  await file?.close();
  return file !== undefined;
}

/** @throws RunStateError if the file is no state of healing, so that a restart may not discard it either. */
async function openState(path: string): Promise<SafetensorsFile | undefined> {
  const refused = (cause?: unknown) =>
    new RunStateError(
      path,
      'this is not the saved state of a healing. Move it, or choose another output.',
      [],
      {
        cause,
      },
    );
  const file = await openSafetensors(path).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'GRASP_CHECKPOINT_MISSING') return undefined;
    throw refused(error);
  });
  if (file && file.metadata.format !== FORMAT) {
    await file.close();
    throw refused();
  }
  return file;
}

function parsed(path: string, text: string): Progress {
  try {
    return progressSchema.parse(parseJson(text));
  } catch (cause) {
    throw new RunStateError(path, `the saved state is damaged. ${RESTART}`, [], { cause });
  }
}
