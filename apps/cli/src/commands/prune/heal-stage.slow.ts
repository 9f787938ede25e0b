import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
const at = (name: string) => join(folder, name);
const small = ['--blocks', '8', '--length', '32', '--epochs', '1', '--backend', 'wasm'];
const healing = ['--tokens', '512', '--held-out', '2', '--eval-every', '2', '--dtype', 'float32'];
const texts = ['--eval', '', '--window', '64'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-heal-stage-'));
  texts[1] = at('text.txt');
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

const prune = (out: string, ...more: string[]) =>
  grasp('prune', at('model'), '--calib', at('text.txt'), '--out', at(out), ...texts, ...small, ...more);
const healed = (out: string, ...more: string[]) =>
  prune(out, ...healing.map((word) => word.replace(/^--/, '--heal-')), ...more);

/** The files of a folder by name. */
async function contents(name: string): Promise<Record<string, string>> {
  const names = (await readdir(at(name))).sort();
  const files = await Promise.all(names.map((file) => readFile(join(at(name), file), 'latin1')));
  return Object.fromEntries(names.map((file, i) => [file, files[i]!]));
}

it('prunes and heals in one run, and writes what prune and then heal write', async () => {
  // The slash at the end is no part of the name of what stands beside it.
  const { code, out } = await healed('out/', '--quiet', '--json');
  expect(code).toBe(0);
  const { pruned, healed: record } = JSON.parse(out);
  expect(pruned.settings.budget.keep).toBe(0.5);
  expect(record.settings).toMatchObject({ tokens: 512, length: 32, seed: 42 });
  expect((await readdir(folder)).sort()).toEqual(['model', 'out', 'text.txt']);
  await rename(at('out'), at('one'));

  await prune('out', '--quiet');
  const inputs = ['--teacher', at('model'), '--text', at('text.txt'), '--length', '32', '--backend', 'wasm'];
  await grasp('heal', at('out'), ...inputs, '--out', at('two'), ...texts, ...healing, '--quiet');
  const one = await contents('one');
  expect(one).toEqual(await contents('two'));
  expect(one['report.html']).toBe((await contents('out'))['report.html']);
  await rename(at('out'), at('out.before-healing'));

  // A run that was stopped after it pruned goes on with what it finds, but not with what `grasp prune` left there.
  const failed = await healed('out', '--heal-learning-rate', '1e30');
  expect(failed).toMatchObject({ code: 3, err: expect.stringContaining('learning gates') });
  const other = await healed('out', '--keep', '0.4');
  expect(other).toMatchObject({
    code: 5,
    err: expect.stringContaining('of another model than this run prunes'),
  });
  expect(other.err).not.toContain('learning gates');
  await rm(at('out.state'));
  const resumed = await healed('out');
  expect(resumed).toMatchObject({ code: 0, err: expect.stringContaining('Resuming with the pruned model') });
  expect(resumed.err).not.toContain('learning gates');
  expect(resumed.out).toContain('4 steps, 512 tokens');
  expect(await contents('one')).toEqual(await contents('out'));
  expect(existsSync(at('out.before-healing'))).toBe(false);
});

it('forecasts both stages', async () => {
  const { out } = await healed('dry', '--dry-run');
  expect(out).toMatch(/healing {3}4 steps, 512 tokens, about .* of /);
  const { heal } = JSON.parse((await healed('dry', '--dry-run', '--json')).out);
  expect(heal).toMatchObject({ steps: 4, tokens: 512 });
  expect(heal.seconds).toBeGreaterThan(0);
  expect(heal.memory.needed).toBeGreaterThan(0);
});

it('refuses what does not fit before it prunes', async () => {
  expect(await healed('refused', '--heal-dtype', 'bfloat16')).toMatchObject({
    code: 6,
    err: expect.stringContaining('has no bfloat16. Use --heal-dtype float32.'),
  });
  const refusal = async (...flags: string[]) => {
    const { code, err } = await prune('refused', ...flags);
    return { code, err };
  };
  expect(await refusal('--heal-rows', '2')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--heal-tokens'),
  });
  for (const [flag, value] of [
    ['--heal-length', '4096'],
    ['--heal-held-out', '1000'],
    ['--heal-text-weights', '1,2'],
  ] as const) {
    const { code, err } = await refusal('--heal-tokens', '512', flag, value);
    expect({ code, named: err.includes(flag), pruned: err.includes('learning gates') }).toEqual({
      ...{ code: 2, named: true, pruned: false },
    });
  }
  expect((await readdir(folder)).filter((name) => name.startsWith('refused'))).toEqual([]);
});
