import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeCheckpoint } from '@grasp/checkpoint';
import { hasTensorFlow, random, tinyLlama, tinyText } from '@grasp/testing';
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

const settings = ['--length', '32', '--window', '64', '--eval-windows', '4'];
const methods = {
  grasprune: ['--blocks', '24', '--epochs', '2'],
  'grasp+': ['--method', 'grasp+', '--blocks', '24', '--rounds', '6'],
};
type Method = keyof typeof methods;

interface Run {
  readonly method: Method;
  readonly backend: 'wasm' | 'tensorflow';
  /** Of a killed run, its last steps are lost; one that is asked to stop saves all of them. */
  readonly saveEvery: number;
}

/** A run that cannot outlive the test by much. */
function start({ method, backend, saveEvery }: Run, out: string) {
  const files = [at('model'), '--calib', at('text.txt'), '--eval', at('text.txt'), '--out', at(out)];
  const how = ['--backend', backend, '--save-every', String(saveEvery)];
  const run = execa('node', [main, 'prune', ...files, ...settings, ...methods[method], ...how], {
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

/** What is waited for before a run is ended: a stage in what it says. */
const moments = {
  grasprune: ['perplexity, dense', 'learning gates', 'calibrating scales', 'perplexity, masked'],
  'grasp+': ['perplexity, dense', 'choosing units', 'refitting', 'calibrating scales', 'perplexity, masked'],
};
/** Or a file of its output, in the order in which they come. */
const files = [
  'tokenizer.json',
  'model.safetensors.partial',
  'model.safetensors',
  'config.json',
  'grasp-mask.json',
  'grasp.json',
  'grasp-output.json',
];

/** Whether a folder has a file. Drafts count without the random part of their names. */
function hasFile(path: string, name: string): boolean {
  try {
    return readdirSync(path).some((entry) => entry.replace(/\.[0-9a-f]{16}\.partial$/, '.partial') === name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // not there yet, or has its final name by now
    throw error;
  }
}

/** Ends a run some milliseconds after a moment, unless it is done by then. */
async function endAfter(
  run: ReturnType<typeof start>,
  out: string,
  moment: string,
  delay: number,
  signal: NodeJS.Signals,
) {
  let said = '';
  run.stderr.on('data', (chunk) => {
    said += chunk;
  });
  let ended = false;
  void run.finally(() => {
    ended = true;
  });
  while (!ended && !said.includes(moment) && !hasFile(at(`${out}.partial`), moment)) await setTimeout(1);
  await setTimeout(delay);
  run.kill(signal);
  return run;
}

/** Lets a run that was ended go on to its end. */
async function finish(run: Run, out: string): Promise<void> {
  if (existsSync(at(out))) return;
  const last = await start(run, out);
  expect(last.stderr).toContain('Resuming after');
  expect(last.exitCode).toBe(0);
  expect((await readdir(folder)).filter((name) => name.startsWith(`${out}.`))).toEqual([]);
}

/** Backends, and how often each method is killed at least. */
const backends: [backend: Run['backend'], kills: number][] = [
  ['wasm', 10],
  ...(hasTensorFlow ? [['tensorflow', 5] as ['tensorflow', number]] : []),
];

describe.each(backends)('on %s', (backend, atLeast) => {
  describe.each(['grasprune', 'grasp+'] as const)('%s', (method) => {
    const name = `${backend}-${method}`;
    let expected: Record<string, string>;
    beforeAll(async () => {
      const whole = await start({ method, backend, saveEvery: 64 }, `${name}-whole`);
      expect(whole.exitCode, whole.stderr).toBe(0);
      expected = await contents(at(`${name}-whole`));
    });

    it('ends with the bytes of a whole run when it is killed at random points', async () => {
      const run: Run = { method, backend, saveEvery: 3 };
      const next = random(method.length);
      const pick = <Item>(items: readonly Item[]) => items[Math.floor(next() * items.length)]!;
      let kills = 0;
      for (let round = 0; kills < atLeast; round++) {
        const out = `${name}-killed-${round}`;
        // Every stage in order, each time at another point of it, then some points of the final write.
        for (const moment of [...moments[method], pick(files), pick(files), pick(files)]) {
          if (existsSync(at(out))) break;
          const { signal } = await endAfter(start(run, out), out, moment, next() * 60, 'SIGKILL');
          if (signal === 'SIGKILL') kills++;
        }
        await finish(run, out);
        expect(await contents(at(out))).toEqual(expected);
      }
    });

    it('goes on from the very step at which it was asked to stop', async () => {
      const run: Run = { method, backend, saveEvery: 1_000_000 };
      const out = `${name}-stopped`;
      const stepsIn = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
      let kept = 0;
      for (const [i, moment] of moments[method].entries()) {
        const signal = i % 2 === 0 ? 'SIGINT' : 'SIGTERM';
        const { exitCode, stderr } = await endAfter(start(run, out), out, moment, 5, signal);
        if (existsSync(at(out))) break;
        expect(exitCode, stderr).toBe(signal === 'SIGINT' ? 130 : 143);
        expect(stepsIn(stderr, /Resuming after step (\d+)/)).toBe(kept);
        kept = stepsIn(stderr, /(\d+) steps? (?:is|are) saved/);
      }
      expect(kept).toBeGreaterThan(0);
      await finish(run, out);
      expect(await contents(at(out))).toEqual(expected);
    });
  });
});
