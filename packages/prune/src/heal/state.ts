import { rm } from 'node:fs/promises';
import { openSafetensors, parseJson, writeSafetensors } from '@grasp/checkpoint';
import { removeDrafts } from '@grasp/files';
import * as z from 'zod';
import { type RunIdentity, RunStateError } from '../state/run-state.js';
import { type BestWeights, bestInFile } from './best.js';
import type { HealedStep, HealPoint } from './events.js';
import type { HealTraining } from './lora-training.js';

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
const RESTART = 'Restart (--restart) to discard it.';

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
      if (restart) {
        await rm(path, { force: true });
        await best.remove();
      }
      const file = await openSafetensors(path).catch((error: unknown) => {
        if ((error as { code?: unknown }).code === 'GRASP_CHECKPOINT_MISSING') return undefined;
        throw new RunStateError(path, `the saved state cannot be read. ${RESTART}`, [], { cause: error });
      });
      if (!file) return undefined;
      try {
        const { format, progress = '' } = file.metadata;
        if (format !== FORMAT)
          throw new RunStateError(
            path,
            `this is not the state of a healing. Move it, or choose another output.`,
          );
        const saved = parsed(path, progress);
        const differences = differencesOf(saved.identity, identity);
        if (differences.length > 0) {
          const detail = `the saved state is of another run (${differences.join('; ')}). Ask for the same as then to go on from it. ${RESTART}`;
          throw new RunStateError(path, detail, differences);
        }
        await training.restore(
          saved.steps.length,
          async (name) => (await file.read(name)).data as Float32Array,
        );
        const steps = saved.steps.map(({ nll, kl, gradientNorm }) => {
          return { nll, ...(kl === undefined ? {} : { kl }), gradientNorm };
        });
        return { steps, curve: saved.curve };
      } finally {
        await file.close();
      }
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

/** The identity of the run that saved a state; undefined if there is none that can be read. */
export async function savedHealIdentity(path: string): Promise<RunIdentity | undefined> {
  const file = await openSafetensors(path).catch(() => undefined);
  try {
    return file?.metadata.format === FORMAT ? parsed(path, file.metadata.progress ?? '').identity : undefined;
  } catch {
    return undefined; // `restore` tells what is wrong
  } finally {
    await file?.close();
  }
}

function parsed(path: string, text: string): z.infer<typeof progressSchema> {
  try {
    return progressSchema.parse(parseJson(text));
  } catch (cause) {
    throw new RunStateError(path, `the saved state is damaged. ${RESTART}`, [], { cause });
  }
}

function differencesOf(then: RunIdentity, now: RunIdentity): string[] {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  return names
    .filter((name) => then[name] !== now[name])
    .map((name) => `${name}: ${then[name] ?? 'none'} then, ${now[name] ?? 'none'} now`);
}
