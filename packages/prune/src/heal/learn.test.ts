import type { TokenBlocks } from '@grasp/calib-data';
import type { LearningRates, TrainingBatch } from '@grasp/decoder';
import { expect, it } from 'vitest';
import { healWeights } from './learn.js';
import { parseHealSettings, rateAt } from './settings.js';
import type { HealStateFile } from './state.js';
import type { HealTraining } from './training.js';

const LENGTH = 3;
const text = (blocks: number): TokenBlocks => ({
  ids: Int32Array.from({ length: blocks * LENGTH }, (_, i) => Math.floor(i / LENGTH)), // each block repeats its number
  shape: [blocks, LENGTH],
  fingerprint: '',
  description: '',
});

/** Runs the loop on models that compute nothing. `perplexities` are those of the measurements, in order. */
async function loop(
  input: object,
  perplexities: readonly number[] = [],
  onBest?: (step: number) => Promise<void>,
  stateFile?: HealStateFile,
) {
  const settings = parseHealSettings({ length: LENGTH, batch: 4, rows: 3, ...input });
  const steps: { batches: readonly TrainingBatch[]; rates: LearningRates }[] = [];
  const asked: TokenBlocks['ids'][] = [];
  const waiting = [...perplexities];
  const student = {
    contextLength: LENGTH,
    negLogLikelihood: async ({ shape }: TrainingBatch) =>
      new Float32Array(shape[0] * (LENGTH - 1)).fill(Math.log(waiting.shift()!)),
  };
  const teacher = {
    topLogits: async ({ ids }: TrainingBatch) => {
      asked.push(ids);
      return { ids: new Int32Array(0), logProbabilities: new Float32Array(0) };
    },
  };
  const training = {
    train: async (batches: readonly TrainingBatch[], rates: LearningRates) => {
      steps.push({ batches, rates });
      return { nll: 1, kl: 1, gradientNorm: 1 };
    },
  };
  const texts = { training: text(40), ...(perplexities.length > 0 ? { heldOut: text(1) } : {}) };
  const run = healWeights(
    { student, teacher },
    training as unknown as HealTraining,
    texts,
    settings,
    stateFile,
    onBest,
  );
  for (;;) {
    const { done, value } = await run.next();
    if (done) return { settings, steps, asked, progress: value };
  }
}

it('reads each block of the text once, in its order, with what the teacher says of it', async () => {
  const { steps, asked } = await loop({ tokens: 6 * 4 * LENGTH });
  const blocksOf = (ids: ArrayLike<number>) => Array.from(ids).filter((_, i) => i % LENGTH === 0);
  const trained = steps.map(({ batches }) => batches.map(({ ids }) => blocksOf(ids)));
  expect(trained[0]).toEqual([[0, 1, 2], [3]]); // four blocks, three at once
  expect(trained.flat(2)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  expect(asked.map(blocksOf)).toEqual(trained.flat());
});

it('gives every kind of weight its rate, along the schedule', async () => {
  const given = { tokens: 10 * 4 * LENGTH, learningRate: 0.5, normLearningRate: 3, warmUp: 0.2 };
  const { steps, settings } = await loop(given);
  const factors = steps.map((_, step) => rateAt(settings, step, 10));
  expect(new Set(factors).size).toBeGreaterThan(5);
  expect(steps.map(({ rates }) => rates)).toEqual(
    factors.map((factor) => ({ matrix: factor * 0.5, bias: factor * 0.5, norm: factor * 3 })),
  );
});

it('says which measurements are the best so far, while the model has these weights', async () => {
  const bests: number[] = [];
  const input = { tokens: 5 * 4 * LENGTH, evalEvery: 1 };
  await loop(input, [9, 8, 8, 10, 7, 7], async (step) => void bests.push(step));
  expect(bests).toEqual([0, 1, 4]);
});

it.each([
  [0, 7], // never stops
  [2, 4], // 5 was the best; 6 and 7 are two measurements without an improvement
  [3, 7], // 4 is better in time
])('with patience %d, takes %d steps', async (patience, taken) => {
  const input = { tokens: 7 * 4 * LENGTH, evalEvery: 1, patience };
  const { steps, progress } = await loop(input, [9, 8, 5, 6, 7, 4, 3, 2]);
  expect(steps).toHaveLength(taken);
  expect(progress.curve.map(({ step }) => step)).toEqual(Array.from({ length: taken + 1 }, (_, i) => i));
});

it('saves the last step, and ends also if that fails', async () => {
  const saved: number[] = [];
  const stateFile = (save: () => void) =>
    ({
      restore: async () => undefined,
      save: async (_, { steps }) => {
        saved.push(steps.length);
        save();
      },
    }) as Partial<HealStateFile> as HealStateFile;
  const run = (save: () => void) => loop({ tokens: 3 * 4 * LENGTH }, undefined, undefined, stateFile(save));
  expect((await run(() => {})).steps).toHaveLength(3);
  const full = () => {
    throw new Error('the disk is full');
  };
  expect((await run(full)).steps).toHaveLength(3);
  expect(saved).toEqual([3, 3]);
});

it('asks no teacher whose share is 0', async () => {
  const { steps, asked } = await loop({ tokens: 2 * 4 * LENGTH, teacherShare: 0 });
  expect(asked).toEqual([]);
  expect(steps.every(({ batches }) => batches.every(({ distil }) => distil === undefined))).toBe(true);
});
