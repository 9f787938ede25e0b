import { readFileSync } from 'node:fs';
import { hasShared, readmeCode, sharedPath } from '@grasp/testing';
import { describe, expect, test } from 'vitest';
import { piqa, result } from '../examples/bigram.js';
import { taskNamed } from './tasks/index.js';
import { taskQuestions } from './tasks/task-questions.js';

test('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/bigram.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

test('the example says what it gives', () => {
  // Windows "hmmm," and " aaah": 4 of 8 targets repeat the byte before, so exp of the mean is √(2 · 510).
  expect(result).toMatchObject({
    windows: 2,
    tokens: 8,
    perplexity: expect.closeTo(Math.sqrt(2 * 510), 4),
    perplexityBfloat16: expect.closeTo(32.1, 2),
  });
});

describe.skipIf(!hasShared)('the real data of the tasks', () => {
  const folder = sharedPath('data', 'zero-shot');

  test.each([
    ['piqa', 1838],
    ['winogrande', 1267],
    ['hellaswag', 10_042],
    ['arc_easy', 2376],
    ['arc_challenge', 1172],
  ])('%s has %i items, and each is a question', async (task, items) => {
    expect(await taskQuestions(taskNamed(task), { folder })).toHaveLength(items);
  });

  test('the example evaluates one of them', async () => {
    const summary = await piqa(folder);
    expect(summary).toMatchObject({ task: 'piqa', items: 100 });
    expect(summary!.acc.value).toBeGreaterThan(0.3);
  });
});
