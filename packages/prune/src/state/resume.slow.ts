import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textRows, tokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../engine/open-engine.js';
import { prune } from '../run/prune.js';
import type { PruneJob } from '../run/prune-job.js';
import { runIdentity } from '../run/run-identity.js';
import { parseSettings } from '../settings/parse.js';
import { openStateFile } from './state-file.js';

let folder: string;
let checkpoint: Checkpoint;
let job: Omit<PruneJob, 'folder' | 'settings'>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-resume-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'model'));
  checkpoint = await openCheckpoint(join(folder, 'model'));
  const tokenizer = await loadTokenizer(checkpoint);
  const gateBlocks = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 32, count: 4 });
  const windows = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 64, count: 2 });
  const engine = await openEngine({ backend: 'wasm' });
  job = { checkpoint, engine, gateBlocks, evaluation: [{ name: 'text', windows }] };
});
afterAll(async () => {
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

/** Bytes of every file in a folder. */
async function contents(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'base64')] as const)),
  );
}

describe('a run left and taken up again', () => {
  // Each number: how many events, loading aside, a start goes on for. Every stage is left midway.
  it.each([
    {
      leaves: [4, 4, 4, 4],
      steps: 8,
      input: { method: 'grasprune', gates: { epochs: 2 }, scales: { epochs: 2 } },
    },
    {
      leaves: [4, 4, 2, 6],
      steps: 6,
      input: { method: 'grasp+', importance: { rounds: 3, blocksPerRound: 2 } },
    },
    { leaves: [1, 3, 2], steps: 0, input: { method: 'fisher', scales: { epochs: 2 } } },
  ])('ends as one that was not: $input.method', async ({ leaves, steps, input }) => {
    const settings = parseSettings({ text: { length: 32 } }, input);
    const identity = await runIdentity({ ...job, settings });
    const whole = await mkdtemp(join(folder, 'whole-'));
    for await (const _ of prune({ ...job, settings, folder: whole }));

    const path = join(folder, `${settings.method}.state`);
    const last = await mkdtemp(join(folder, 'part-'));
    const seen: string[] = [];
    for (const most of [...leaves, Number.POSITIVE_INFINITY]) {
      const stateFile = await openStateFile(path, identity);
      let count = 0;
      for await (const { stage } of prune({ ...job, settings, folder: last, stateFile, saveEvery: 2 })) {
        if (stage === 'load') continue;
        seen.push(stage);
        if (++count === most) break;
      }
    }
    expect(await contents(last)).toEqual(await contents(whole));
    // Steps that were saved are not done again.
    expect(seen.filter((stage) => stage === 'gates' || stage === 'importance')).toHaveLength(steps);
    expect(seen.indexOf('write')).toBeGreaterThan(leaves.reduce((sum, most) => sum + most));
  });
});
