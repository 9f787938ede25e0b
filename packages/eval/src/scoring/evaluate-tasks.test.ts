import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bigramModel } from '../../test/bigram-model.js';
import { wordTokenizer } from '../../test/word-tokenizer.js';
import type { LanguageModel } from '../model/language-model.js';
import { piqa } from '../tasks/piqa.js';
import {
  evaluateQuestions,
  evaluateTasks,
  headline,
  type TaskItemRecord,
  type TaskSummary,
} from './evaluate-tasks.js';
import { scoreContinuations } from './score-continuations.js';

const records = [
  { goal: 'a', sol1: 'b', sol2: 'b b b', label: 1 },
  { goal: 'a', sol1: 'long-word', sol2: 'c', label: 1 },
  { goal: 'a b', sol1: 'c', sol2: 'b', label: 0 },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-eval-'));
  await writeFile(
    join(folder, 'piqa.validation.jsonl'),
    records.map((record) => JSON.stringify(record)).join('\n'),
  );
  await writeFile(join(folder, 'hellaswag.validation.jsonl'), '');
  await writeFile(join(folder, 'arc_easy.test.jsonl'), '{"question":"q"}\n');
});
afterAll(() => rm(folder, { recursive: true }));

async function run(model: LanguageModel, tasks = ['piqa'], options = {}) {
  const items: TaskItemRecord[] = [];
  const summaries: TaskSummary[] = [];
  for await (const record of evaluateTasks(model, wordTokenizer(), tasks, { folder, ...options }))
    if (record.kind === 'item') items.push(record);
    else summaries.push(record);
  return { items: items.sort((a, b) => a.item - b.item), summaries };
}

/** Every token costs 1, except that a token costs 3 after itself. */
const model = bigramModel((previous, next) => (previous === next ? 3 : 1));

describe('evaluateTasks', () => {
  test('sums over the continuation and divides by its characters', async () => {
    const { items, summaries } = await run(model);
    // Item 0: " b" costs 1; " b b b" costs 1 + 3 + 3 over 5 characters. Item 1: 1 over 9, and 1 over 1; equals go to
    // the first. Item 2: 1 and 1 over one character each.
    expect(items).toMatchObject([
      { item: 0, logLikelihoods: [-1, -7], chosen: 0, chosenNorm: 0, gold: 1 },
      { item: 1, logLikelihoods: [-1, -1], chosen: 0, chosenNorm: 0, gold: 1 },
      { item: 2, logLikelihoods: [-1, -1], chosen: 0, chosenNorm: 0, gold: 0 },
    ]);
    // One of three right: √(⅓ · ⅔ / 2) = ⅓.
    const score = { value: 1 / 3, standardError: expect.closeTo(1 / 3, 12) };
    expect(summaries).toEqual([{ kind: 'summary', task: 'piqa', items: 3, acc: score, accNorm: score }]);
    expect(headline(summaries[0]!)).toBe(summaries[0]!.accNorm);
  });

  test('takes the first items up to a limit; one item has no standard error', async () => {
    const { items, summaries } = await run(model, ['piqa'], { limit: 1 });
    expect(items.map(({ item }) => item)).toEqual([0]);
    expect(summaries[0]?.acc).toEqual({ value: 0 });
  });

  test("the model's own way with shared contexts sees each context once", async () => {
    const groupsSeen: number[] = [];
    const own: LanguageModel = {
      ...model,
      scoreContinuations: async (groups) => {
        groupsSeen.push(groups.length);
        return scoreContinuations(model, groups);
      },
    };
    expect((await run(own)).items).toEqual((await run(model)).items);
    expect(groupsSeen).toEqual([3]);
  });

  test('a context too long for the model loses its left', async () => {
    const seen: number[] = [];
    const short: LanguageModel = {
      contextLength: 3,
      negLogLikelihood: (batch) => {
        seen.push(batch.shape[1]);
        return model.negLogLikelihood(batch);
      },
    };
    const { items } = await run(short);
    expect(items[0]?.logLikelihoods).toEqual([-1, -7]);
    expect(Math.max(...seen)).toBe(4);
  });

  test.each([
    ['too few groups', (count: number) => Array.from({ length: count - 1 }, () => new Float64Array(2))],
    ['too many groups', (count: number) => Array.from({ length: count + 1 }, () => new Float64Array(2))],
    ['too few scores', (count: number) => Array.from({ length: count }, () => new Float64Array(1))],
  ])('refuses %s from a model', async (_, scores) => {
    const wrong: LanguageModel = { ...model, scoreContinuations: async ({ length }) => scores(length) };
    await expect(run(wrong)).rejects.toMatchObject({ code: 'GRASP_EVAL_MODEL_OUTPUT' });
    const short: LanguageModel = { ...model, negLogLikelihood: async () => new Float32Array(6) };
    await expect(run(short)).rejects.toMatchObject({ code: 'GRASP_EVAL_MODEL_OUTPUT' });
  });

  test('says which item is at fault', async () => {
    const tooShort = bigramModel(() => 1, 2);
    await expect(run(tooShort)).rejects.toThrow(
      'piqa, item 0: choice 1 has 3 tokens; the model reads 2 at once',
    );
    await expect(run(bigramModel(() => Number.NaN))).rejects.toMatchObject({
      code: 'GRASP_EVAL_NON_FINITE',
      where: 'piqa, item 0',
    });
    await expect(run(model, ['arc_easy'])).rejects.toMatchObject({ code: 'GRASP_EVAL_TASK_ITEM', item: 0 });
    await expect(run(model, ['piqa'], { vocabSize: 2 })).rejects.toMatchObject({
      code: 'GRASP_DATA_TOKEN_ID',
    });
  });

  test('says which task has no data', async () => {
    await expect(run(model, ['hellaswag'])).rejects.toThrow('hellaswag: its data hold no item');
    await expect(run(model, ['arc_challenge'])).rejects.toThrow(
      /neither arc_challenge\.test\.jsonl \(or \.parquet\) nor a copy of allenai/,
    );
    await expect(run(model, ['boolq'])).rejects.toMatchObject({ code: 'GRASP_EVAL_TASK' });
  });

  const word = fc.stringMatching(/^[a-d]{1,2}$/);
  const phrase = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(' '));
  property.prop([
    fc.array(fc.tuple(phrase, phrase, phrase), { minLength: 1, maxLength: 12 }),
    fc.integer({ min: 1, max: 200 }),
  ])('how items are batched changes nothing', async (items, batchTokens) => {
    const questions = items.map(([goal, sol1, sol2], item) => ({
      ...piqa.question({ goal, sol1, sol2, label: item % 2 }),
      item,
    }));
    const uneven = bigramModel((previous, next) => ((previous * 7 + next * 3) % 11) + 1);
    const evaluate = async (tokens: number) => {
      const all: unknown[] = [];
      for await (const record of evaluateQuestions(uneven, wordTokenizer(), piqa, questions, {
        batchTokens: tokens,
      }))
        all.push(record);
      return all;
    };
    expect(await evaluate(batchTokens)).toEqual(await evaluate(1));
  });
});
