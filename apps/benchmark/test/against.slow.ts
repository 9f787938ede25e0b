import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';
import { hasPython, standInClone } from './stand-in-clone.js';

/**
 * Runs the whole command on a stand-in for the paper's repository. If GRASP_OFFICIAL is set, runs it on that clone, with
 * the Python in GRASP_OFFICIAL_PYTHON.
 */
describe.skipIf(!hasPython)('grasp-bench against', () => {
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

  const run = (out: string, ...flags: string[]) => {
    const text = `wikitext2=${join(folder, 'text.txt')}`;
    const data = ['--calib', text, '--scale-calib', text, '--text', text, '--windows', '2'];
    const settings = JSON.stringify({
      ...{ budget: { keep: 0.6 }, text: { blocks: 8, length: 32 }, gates: { epochs: 1 } },
    });
    const of = ['--official', clone, '--model', join(folder, 'model'), '--out', join(folder, out)];
    const how = ['--settings', settings, '--backend', 'wasm', ...flags];
    return execa('node', [main, 'against', ...of, ...data, ...how], { reject: false, env });
  };

  it('compares both and does not modify the clone', async () => {
    const before = await readdir(clone);
    const { exitCode, stdout, stderr } = await run('out');
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

  it('throws if the output folder is not empty', async () => {
    const { exitCode, stderr } = await run('out');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^grasp-bench: --out .*out: the folder is not empty\. Choose another folder\.$/m);
  });
});
