import { rm } from 'node:fs/promises';
import { type Checkpoint, openSafetensors, type TensorData, writeSafetensors } from '@grasp/checkpoint';
import type { DecoderCheckpoint } from '@grasp/decoder';
import { removeDrafts } from '@grasp/files';
import { RunStateError } from '../state/same-run.js';
import type { HealPoint } from './events.js';

/** Keeps the weights of the best measurement, rounded as they would be written. */
export interface BestWeights {
  /** Replaces what is kept. */
  keep(step: number, weights: Pick<Checkpoint, 'tensors' | 'read'>): Promise<void>;
  /**
   * The checkpoint with the kept weights. The caller closes it, which does not close `like`.
   *
   * @throws RunStateError if those of another step, or none, are kept.
   */
  open(step: number, like: DecoderCheckpoint): Promise<DecoderCheckpoint>;
  /** Removes what is kept. */
  remove(): Promise<void>;
}

/** The best point of a curve, the first of equal ones. Undefined without any. */
export function bestPoint(curve: readonly HealPoint[]): HealPoint | undefined {
  return curve.reduce<HealPoint | undefined>(
    (best, point) => (best && best.perplexity <= point.perplexity ? best : point),
    undefined,
  );
}

/** Keeps the weights in memory, for a run without a state file. */
export function bestInMemory(): BestWeights {
  let kept: ReadonlyMap<string, TensorData> = new Map();
  return {
    async keep(_, { tensors, read }) {
      const copies = new Map<string, TensorData>();
      for (const name of tensors.keys()) copies.set(name, await read(name));
      kept = copies;
    },
    open: async (_, like) => ({ ...like, read: async (name) => kept.get(name)!, close: async () => {} }),
    remove: async () => {
      kept = new Map();
    },
  };
}

/** Keeps the weights in a safetensors file, whole or not at all. */
export function bestInFile(path: string): BestWeights {
  return {
    async keep(step, weights) {
      const entries = [...weights.tensors].map(([name, { dtype, shape }]) => {
        return { name, dtype, shape, read: async () => (await weights.read(name)).data };
      });
      await writeSafetensors(path, entries, { step: String(step) });
    },
    async open(step, like) {
      const problem = `it does not hold the weights of step ${step}, the best ones. Restart (--restart).`;
      const file = await openSafetensors(path).catch((cause: unknown) => {
        throw new RunStateError(path, problem, [], { cause });
      });
      if (file.metadata.step !== String(step)) {
        await file.close();
        throw new RunStateError(path, problem, []);
      }
      return {
        ...like,
        read: async (name) => (await file.read(name)) as TensorData,
        close: () => file.close(),
      };
    },
    async remove() {
      await removeDrafts(path);
      await rm(path, { force: true });
    },
  };
}
