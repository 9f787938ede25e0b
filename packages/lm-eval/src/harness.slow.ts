import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { taskNamed, taskQuestions, taskRecords } from '@grasp/eval';
import { hasShared, sharedPath, tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHarness, runHarness, withTransformersFolder } from './index.js';

const required = process.env.GRASP_REQUIRE_PYTHON === '1';
const tasks = ['piqa', 'winogrande', 'hellaswag', 'arc_easy', 'arc_challenge'];

/** The real harness, in the environment that GRASP_PYTHON names, asks the questions that `@grasp/eval` asks. */
describe.skipIf(!process.env.GRASP_PYTHON && !required)('lm_eval itself', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-lm-eval-test-'));
    await writeCheckpoint(tinyLlama(), join(folder, 'model'));
    const tokenizer = { tokenizer_class: 'PreTrainedTokenizerFast', unk_token: '<unk>', eos_token: '<unk>' };
    await writeFile(join(folder, 'model', 'tokenizer_config.json'), JSON.stringify(tokenizer));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.skipIf(!hasShared)('scores the same prompts, offline', async () => {
    const options = { folder: sharedPath('data', 'zero-shot'), limit: 20 };
    const records: Record<string, Record<string, unknown>[]> = {};
    for (const task of tasks) {
      records[task] = [];
      for await (const record of taskRecords(taskNamed(task), options)) records[task].push(record);
    }
    const checkpoint = await openCheckpoint(join(folder, 'model'));
    const harness = await openHarness();
    const results = await withTransformersFolder(
      join(folder, 'model'),
      checkpoint,
      async (model, trustRemoteCode) => {
        const run = runHarness(harness, { model, trustRemoteCode, tasks, records });
        for (;;) {
          const { done, value } = await run.next();
          if (done) return value;
        }
      },
    );
    await checkpoint.close();
    for (const { task, samples } of results) {
      const questions = await taskQuestions(taskNamed(task), options);
      expect(
        samples.map(({ prompts }) => prompts),
        task,
      ).toEqual(questions.map(({ prompts }) => prompts));
    }
  });
});
