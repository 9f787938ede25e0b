import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-bench-killed-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), Array.from({ length: 4 }, () => tinyText).join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command, kills it at the first line that begins with `killAt` if given, and returns its lines and how it ended. */
async function run(out: string, killAt?: string) {
  const text = `wikitext2=${at('text.txt')}`;
  const data = ['--calib', text, '--scale-calib', text, '--text', text, '--windows', '2', '--tasks', 'none'];
  const settings = JSON.stringify({ text: { blocks: 150, length: 32 }, gates: { epochs: 1 } });
  const how = ['--keep', '0.8,0.6', '--settings', settings, '--backend', 'wasm', '--out', at(out)];
  const child = execa('node', [main, 'reproduce', '--model', at('model'), ...data, ...how], {
    reject: false,
    timeout: 300_000,
  });
  const said: string[] = [];
  for await (const line of child.iterable({ from: 'stderr' })) {
    said.push(line);
    if (killAt !== undefined && line.startsWith(killAt)) child.kill('SIGKILL');
  }
  const { signal } = await child;
  return { said, signal };
}

/** Modification time of each finished cell. */
async function finished(out: string): Promise<Map<string, number>> {
  const names = await readdir(join(at(out), 'cells')).catch(() => []);
  const times = names.map(async (name) => (await stat(join(at(out), 'cells', name))).mtimeMs);
  return new Map((await Promise.all(times)).map((time, i) => [names[i]!, time]));
}

describe('a reproduction that is killed', () => {
  it('resumes where it stopped, also during a pruning, and repeats nothing', async () => {
    await run('whole');
    const whole = await readFile(join(at('whole'), 'report.json'), 'utf8');

    const moments = ['dense: perplexity', 'gates 128/', 'keep-0.8: perplexity', 'gates 128/', 'scales 64/'];
    let before = new Map<string, number>();
    for (const moment of moments) {
      const { signal } = await run('killed', moment);
      expect(signal, `${moment} came, and the run had not ended`).toBe('SIGKILL');
      const after = await finished('killed');
      for (const [name, time] of before) expect(after.get(name), name).toBe(time);
      before = after;
    }
    const { said } = await run('killed');
    expect(said.filter((line) => /^(gates|dense|keep-0\.8)/.test(line))).toEqual([]);
    expect(await readFile(join(at('killed'), 'report.json'), 'utf8')).toBe(whole);
    const left = await readdir(join(at('killed'), 'models'));
    expect(left.filter((name) => /partial|state/.test(name))).toEqual([]);
  });
});
