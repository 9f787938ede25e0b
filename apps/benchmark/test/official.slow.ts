import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attempt } from '../src/commands/time-to/time-to.js';
import { buildCommand, main } from './build.js';
import { hasPython, standInClone } from './stand-in-clone.js';

/**
 * Runs whole commands on a stand-in for the paper's repository. If GRASP_OFFICIAL is set, runs it on that clone, with
 * the Python in GRASP_OFFICIAL_PYTHON.
 */
describe.skipIf(!hasPython)("beside the paper's code", () => {
  let folder: string;
  let clone: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    await buildCommand();
    folder = await mkdtemp(join(tmpdir(), 'grasp-against-'));
    await writeCheckpoint(tinyLlama(), join(folder, 'model'));
    await writeFile(join(folder, 'text.txt'), Array.from({ length: 4 }, () => tinyText).join('\n'));
    const made = await standInClone(folder);
    clone = process.env.GRASP_OFFICIAL ?? made.clone;
    env =
      process.env.GRASP_OFFICIAL === undefined
        ? { PYTHONPATH: made.packages, GRASP_OFFICIAL_PYTHON: 'python3' }
        : {};
  });
  afterAll(() => rm(folder, { recursive: true }));

  const options = (out: string) => {
    const text = `wikitext2=${join(folder, 'text.txt')}`;
    const settings = JSON.stringify({
      ...{ budget: { keep: 0.6 }, text: { blocks: 8, length: 32 }, gates: { epochs: 1 } },
    });
    const data = ['--calib', text, '--text', text, '--windows', '2', '--settings', settings];
    return ['--official', clone, '--out', join(folder, out), '--backend', 'wasm', ...data];
  };
  const model = () => join(folder, 'model');
  const bench = (...args: string[]) => execa('node', [main, ...args], { reject: false, env });
  const against = (out: string) => {
    const scales = `wikitext2=${join(folder, 'text.txt')}`;
    return bench('against', '--model', model(), '--scale-calib', scales, ...options(out));
  };

  it('compares both results and does not modify the clone', async () => {
    const before = await readdir(clone);
    const { exitCode, stdout, stderr } = await against('out');
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/prunable parameters kept +│ 100\.0% +│ \d+\.\d% +│ 60\.0%/);
    expect(stdout).toMatch(/perplexity, wikitext2, float32 +│ \d+\.\d{4}/);
    expect(stdout).toMatch(/peak memory +│ +│ \d+\.\d\d GiB +│ \d+\.\d\d GiB +│ \d+\.\d\d/);
    const contest = JSON.parse(await readFile(join(folder, 'out', 'contest.json'), 'utf8'));
    for (const side of [contest.official, contest.grasp]) {
      expect(side.cost.seconds).toBeGreaterThan(0);
      expect(side.cost.peakBytes).toBeGreaterThan(2 ** 20);
      expect(side.perplexity.wikitext2).toBeGreaterThan(1);
    }
    expect(await readdir(clone)).toEqual(before);
  });

  it('refuses to compare if the output folder is not empty', async () => {
    const { exitCode, stderr } = await against('out');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^grasp-bench: --out .*out: the folder is not empty\. Choose another folder\.$/m);
  });

  it('doubles the blocks until a perplexity is reached, and then alternates', async () => {
    const dense = JSON.parse(await readFile(join(folder, 'out', 'contest.json'), 'utf8')).dense.perplexity
      .wikitext2;
    const timeTo = (perplexity: number, out = 'time') =>
      bench(
        'time-to',
        model(),
        '--perplexity',
        String(perplexity),
        '--from',
        '2',
        '--most',
        '4',
        ...options(out),
      );
    const easy = await timeTo(10 * dense);
    expect(easy.exitCode, easy.stderr).toBe(0);
    expect(easy.stdout).toMatch(/2 blocks reach \S+ in \d+\.\d s: [\d.]+ × the time of the paper's code/);
    const { attempts } = JSON.parse(await readFile(join(folder, 'time', 'time-to.json'), 'utf8'));
    expect(attempts.map(({ by, blocks }: Attempt) => [by, blocks])).toEqual([
      ['grasp', 2],
      ['official', 8],
      ['grasp', 2],
    ]);
    expect((await timeTo(1)).stderr).toContain('the folder is not empty');
    const impossible = await timeTo(1, 'again');
    expect(impossible.exitCode, impossible.stderr).toBe(0);
    expect(impossible.stdout).toMatch(/No attempt reached 1: the last had \S+ on 4 blocks\./);
  });
});
