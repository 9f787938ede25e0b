import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HarnessError } from '../errors.js';
import { parseSample, readHarnessOutput } from './samples.js';

// The fields of a line that lm_eval 0.4.13 wrote, but for the document and the hashes.
const line = (doc_id: number) =>
  JSON.stringify({
    doc_id,
    target: '0',
    arguments: {
      gen_args_0: { arg_0: 'Question: What burns?\nAnswer:', arg_1: ' fire' },
      gen_args_1: { arg_0: 'Question: What burns?\nAnswer:', arg_1: ' ice' },
    },
    filtered_resps: [
      ['-23.54339599609375', 'False'],
      ['-34.063045501708984', 'False'],
    ],
    acc: 1.0,
    acc_norm: 0.0,
  });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-samples-'));
  const out = join(folder, '__tmp__model');
  await mkdir(out);
  const results = { arc_easy: { alias: 'arc_easy', 'acc,none': 0.75, 'acc_stderr,none': 0.25 } };
  await writeFile(join(out, 'results_2026-01-01T00-00-00.json'), JSON.stringify({ results }));
  await writeFile(join(out, 'samples_arc_easy_2026-01-01T00-00-00.jsonl'), `${line(1)}\n${line(0)}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

it('reads prompts, log-likelihoods and hits of a logged sample', () => {
  expect(parseSample(line(3))).toEqual({
    item: 3,
    prompts: [
      { context: 'Question: What burns?\nAnswer:', continuation: ' fire' },
      { context: 'Question: What burns?\nAnswer:', continuation: ' ice' },
    ],
    logLikelihoods: [-23.54339599609375, -34.063045501708984],
    acc: true,
    accNorm: false,
  });
});

it('refuses a sample without its numbers', () => {
  expect(() => parseSample('{"doc_id": 0, "arguments": {}, "acc": 1}')).toThrow(HarnessError);
});

it('finds the files of each task, and sorts samples by item', async () => {
  const [task] = await readHarnessOutput(folder, ['arc_easy']);
  expect(task?.metrics).toEqual({ acc: 0.75, acc_stderr: 0.25 });
  expect(task?.samples.map(({ item }) => item)).toEqual([0, 1]);
});

it('says which file is missing', async () => {
  await expect(readHarnessOutput(folder, ['piqa'])).rejects.toThrow('samples_piqa_');
});
