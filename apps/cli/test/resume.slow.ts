import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeCheckpoint } from '@grasp/checkpoint';
import { random, tinyLlama, tinyText } from '@grasp/testing';
import { execa, type Subprocess } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

let folder: string;
const at = (name: string) => join(folder, name);
const running = new Set<Subprocess>();

beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-killed-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(async () => {
  for (const run of running) run.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const settings = [
  '--length',
  '32',
  '--window',
  '64',
  '--eval-windows',
  '4',
  '--backend',
  'wasm',
  '--save-every',
  '3',
];
const methods = {
  grasprune: ['--blocks', '24', '--epochs', '2'],
  'grasp+': ['--method', 'grasp+', '--blocks', '24', '--rounds', '6'],
};
type Method = keyof typeof methods;

/** A run that cannot outlive the test by much. */
function start(method: Method, out: string) {
  const files = [at('model'), '--calib', at('text.txt'), '--eval', at('text.txt'), '--out', at(out)];
  const run = execa('node', [main, 'prune', ...files, ...settings, ...methods[method]], {
    reject: false,
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  running.add(run);
  void run.finally(() => running.delete(run));
  return run;
}

/** Bytes of every file in a folder. */
async function contents(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'base64')] as const)),
  );
}

/** What is waited for before a kill: a stage in what a run says, or a file of its output. */
const moments = {
  grasprune: ['perplexity, dense', 'learning gates', 'calibrating scales', 'perplexity, masked'],
  'grasp+': ['choosing units', 'refitting', 'calibrating scales'],
};
const files = ['config.json', 'model.safetensors.partial', 'model.safetensors', 'grasp.json'];

/** Kills a run some milliseconds after a moment, or when it is done. @returns whether it was killed */
async function killAfter(run: ReturnType<typeof start>, out: string, moment: string, delay: number) {
  let said = '';
  run.stderr.on('data', (chunk) => {
    said += chunk;
  });
  let ended = false;
  void run.finally(() => {
    ended = true;
  });
  const partial = at(`${out}.partial/${moment}`);
  while (!ended && !said.includes(moment) && !existsSync(partial)) await setTimeout(1);
  await setTimeout(delay);
  run.kill('SIGKILL');
  const { signal } = await run;
  return signal === 'SIGKILL';
}

describe('a run killed at random points', () => {
  it.each(['grasprune', 'grasp+'] as const)('ends with the bytes of one that was not: %s', async (method) => {
    const whole = `${method}-whole`;
    expect((await start(method, whole)).exitCode).toBe(0);
    const expected = await contents(at(whole));
    const next = random(method.length);
    const pick = <Item>(items: readonly Item[]) => items[Math.floor(next() * items.length)]!;

    let kills = 0;
    for (let round = 0; kills < 10; round++) {
      const out = `${method}-${round}`;
      // Every stage in order, each time at another point of it, then two points of the final write.
      for (const moment of [...moments[method], pick(files), pick(files)]) {
        if (existsSync(at(out))) break;
        if (await killAfter(start(method, out), out, moment, next() * 60)) kills++;
      }
      if (!existsSync(at(out))) {
        const last = await start(method, out);
        expect(last.stderr).toContain('Going on after');
        expect(last.exitCode).toBe(0);
        expect((await readdir(folder)).filter((name) => name.startsWith(`${out}.`))).toEqual([]);
      }
      expect(await contents(at(out))).toEqual(expected);
    }
  });
});
