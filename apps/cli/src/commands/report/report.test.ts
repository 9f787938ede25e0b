import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { flatSettings } from '@grasp/prune';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-report-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
  const small = ['--blocks', '4', '--length', '16', '--epochs', '1', '--backend', 'wasm', '--quiet'];
  const { code, err } = await grasp(
    'prune',
    at('model'),
    '--calib',
    at('text.txt'),
    '--out',
    at('out'),
    ...small,
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
afterAll(() => rm(folder, { recursive: true }));

it('draws again what a run drew', async () => {
  const { code, out } = await grasp('report', at('out'), '--out', at('again.html'));
  expect({ code, out }).toEqual({ code: 0, out: `Written to ${at('again.html')}` });
  expect(await readFile(at('again.html'), 'utf8')).toBe(await readFile(at('out/report.html'), 'utf8'));
});

it('draws a run of an earlier release, whose settings were flat', async () => {
  const record = JSON.parse(await readFile(at('out/grasp.json'), 'utf8'));
  await cp(at('out'), at('old'), { recursive: true });
  const old = { ...record, version: 1, settings: flatSettings(record.settings) };
  await writeFile(at('old/grasp.json'), JSON.stringify(old));
  expect((await grasp('report', at('old'), '--out', at('old.html'))).code).toBe(0);
  expect(await readFile(at('old.html'), 'utf8')).toBe(await readFile(at('out/report.html'), 'utf8'));
});

it('adds accuracy', async () => {
  const tasks = [
    { task: 'piqa', items: 10, acc: { value: 0.6 }, accNorm: { value: 0.7, standardError: 0.1 } },
  ];
  await writeFile(
    at('tasks.json'),
    JSON.stringify({ model: '/models/mine', engine: 'any', mean: 0.7, tasks }),
  );
  expect((await grasp('report', at('out'), '--accuracy', at('tasks.json'))).code).toBe(0);
  const page = await readFile(at('out/report.html'), 'utf8');
  expect(page).toContain('<th scope="col">mine</th>');
  expect(page).toContain('70.0% ± 10.0%');
});

it('names the models of a sweep, and keeps the records of a run', async () => {
  await mkdir(at('sweep'));
  await writeFile(at('sweep/sweep.json'), '{}');
  const none = await grasp('report', at('sweep'));
  expect(none).toMatchObject({ code: 3, err: expect.stringContaining('grasp sweep --export') });
  await cp(at('out'), at('sweep/keep-0.8'), { recursive: true });
  expect((await grasp('report', at('sweep'))).err).toContain(
    `Give one of its models: ${at('sweep/keep-0.8')}.`,
  );
  for (const name of ['grasp.json', 'model.safetensors']) {
    const { code, err } = await grasp('report', at('out'), '--out', at(`out/${name}`));
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('must end in ".html"') });
  }
});

it('replaces a file only with --overwrite, unless it is the report of the run', async () => {
  const report = (out: string, ...more: string[]) => grasp('report', at('out'), '--out', at(out), ...more);
  for (const name of ['mine.html', 'out/mine.html']) {
    await writeFile(at(name), 'mine');
    expect(await report(name)).toMatchObject({ code: 5, err: expect.stringContaining('Add --overwrite') });
    expect(await readFile(at(name), 'utf8')).toBe('mine');
    expect(await report(name, '--overwrite')).toMatchObject({ code: 0 });
    expect(await readFile(at(name), 'utf8')).toContain('<html');
  }
  expect((await report('out/report.html')).code).toBe(0);
  const record = await report('out/grasp.json', '--overwrite');
  expect(record).toMatchObject({ code: 2, err: expect.stringContaining('must end in ".html"') });
  expect((await grasp('report', at('gone'))).err).toContain('there is no grasp.json');
});

it('refuses a folder without a run, and a file without accuracies', async () => {
  const { code, err } = await grasp('report', at('model'));
  expect(code).toBe(3);
  expect(err).toContain('there is no grasp.json');
  const wrong = await grasp('report', at('out'), '--accuracy', at('text.txt'));
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('grasp eval tasks --json');
});
