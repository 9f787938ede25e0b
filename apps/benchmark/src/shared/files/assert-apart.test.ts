import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProgram } from '../../program.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-bench-apart-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeCheckpoint(tinyLlama(), at('other'));
  await mkdir(at('texts'));
  await writeFile(at('texts/a.txt'), 'Four score and seven years ago');
  await createProgram(); // loads all commands, which takes longer than a test may
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['compare --model @model --out @model', '--out @model: it is the folder of a model'],
  ['compare --model @model --out @other', '--out @other: it is the folder of a model'],
  ['compare --model @model --out @model/new', '--out @model/new: it lies in @model, which'],
  [
    'compare --model @model --calib a=@texts/a.txt --out @texts',
    '--out @texts: it contains @texts/a.txt, which',
  ],
  ['reproduce --model @model --out @model/new', '--out @model/new: it lies in @model, which'],
  ['reproduce --model @model --scale-calib a=@texts/a.txt --out @texts', 'it contains @texts/a.txt, which'],
  ['time-to @model --perplexity 5 --out @model/new', '--out @model/new: it lies in @model, which'],
  ['serve @model @other --out @other/new', '--out @other/new: it lies in @other, which'],
  ['profile @model --out @model/latency.json', '--out @model/latency.json: it lies in @model, which'],
  ['repeat @model --text @texts/a.txt --report @texts', '--report @texts: it contains @texts/a.txt, which'],
  ['gpu --model @model --out @model/gpu', '--out @model/gpu: it lies in @model, which'],
  ['verify @texts --report @texts/report', '--report @texts/report: it lies in @texts, which'],
  ['scaling --report @model', '--report @model: it is the folder of a model'],
  ['kernels --report @model', '--report @model: it is the folder of a model'],
])('refuses outputs among what is read: %s', async (line, refusal) => {
  const whole = (text: string) => text.replaceAll('@', `${folder}/`);
  const before = await readdir(folder, { recursive: true });
  const argv = whole(line).split(' ');
  const run = (await createProgram(argv)).parseAsync(argv, { from: 'user' });
  await expect(run).rejects.toMatchObject({
    code: 'GRASP_BENCH_OPTION',
    message: expect.stringContaining(whole(refusal)),
  });
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});
