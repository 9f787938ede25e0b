import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeCheckpoint } from '@grasp/checkpoint';
import { random, tinyLlama, tinyText } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-sweep-killed-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

const start = (out: string) =>
  execa(
    'node',
    [
      ...[main, 'sweep', at('model'), '--calib', at('text.txt'), '--eval', at('text.txt'), '--out', at(out)],
      ...['--keep', '0.8,0.5', '--export', '0.8', '0.5', '--blocks', '8', '--length', '16', '--epochs', '2'],
      ...['--window', '32', '--eval-windows', '2', '--save-every', '2', '--backend', 'wasm'],
    ],
    { reject: false, timeout: 120_000, killSignal: 'SIGKILL' },
  );

const results = async (out: string): Promise<string[]> =>
  Promise.all(
    ['sweep.json', 'keep-0.8/model.safetensors', 'keep-0.5/model.safetensors', 'keep-0.5/grasp.json'].map(
      (name) => readFile(at(`${out}/${name}`), 'base64'),
    ),
  );

/** What a sweep says on its way. Each is waited for before it is ended, and then some milliseconds more. */
const moments = [
  'Learning scores',
  'learning gates 5/',
  'Point keep-0.8',
  'perplexity, masked',
  'Point keep-0.5',
  'perplexity, calibrated',
];

it('ends with the bytes of a whole sweep wherever it is ended, with an export or without', async () => {
  const whole = await start('whole');
  expect(whole.exitCode, whole.stderr).toBe(0);
  const expected = await results('whole');
  const next = random(7);
  for (const [round, moment] of [...moments, ...moments].entries()) {
    const out = `ended-${round}`;
    const run = start(out);
    let said = '';
    run.stderr.on('data', (chunk) => {
      said += chunk;
    });
    let over = false;
    void run.finally(() => {
      over = true;
    });
    while (!over && !said.includes(moment)) await setTimeout(1);
    await setTimeout(next() * 150);
    run.kill((['SIGKILL', 'SIGINT', 'SIGTERM'] as const)[round % 3]);
    await run;
    const resumed = await start(out);
    expect(resumed.exitCode, `after "${moment}": ${resumed.stderr}`).toBe(0);
    expect(await results(out)).toEqual(expected);
    expect((await readdir(at(out))).sort()).toEqual(['keep-0.5', 'keep-0.8', 'scores.state', 'sweep.json']);
  }
});
