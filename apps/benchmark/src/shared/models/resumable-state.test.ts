import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HealTraining, healStateFile } from '@grasp/prune';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resumableHealState } from './resumable-state.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-states-'));
});
afterAll(() => rm(folder, { recursive: true }));

const training = {
  state: () => [{ name: 'w', size: 1, read: async () => new Float32Array(1) }],
  restore: async () => {},
} as unknown as HealTraining;
const progress = { steps: [{ nll: 1, gradientNorm: 2 }], curve: [] };

it('is the state of the same healing, and none of another one', async () => {
  const path = join(folder, 'healed.state');
  await healStateFile(path, { release: '1' }).save(training, progress);
  expect(await resumableHealState(path, { release: '1' }).restore(training)).toEqual(progress);
  expect(await resumableHealState(path, { release: '2' }).restore(training)).toBeUndefined();
  expect(await resumableHealState(path, { release: '1' }).restore(training)).toBeUndefined();
});
