import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { programRunner } from '../programs/run-program.js';
import { evaluateHumanEval } from './evaluate-humaneval.js';
import { humanEvalProblems } from './problems.js';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'grasp-humaneval-'));
});
afterAll(() => rm(cache, { recursive: true }));

it('has 164 problems, whose own solutions pass, and which an empty function does not', async () => {
  const problems = await humanEvalProblems({ cache });
  expect(problems).toHaveLength(164);
  const solutions = new Map(problems.map(({ prompt, solution }) => [prompt, solution]));
  const runner = await programRunner({ seconds: 20 });
  const failed: string[] = [];
  for await (const record of evaluateHumanEval(problems, async (prompt) => solutions.get(prompt)!, runner)) {
    if (record.kind === 'item' && !record.passed) failed.push(`${record.id}: ${record.outcome}`);
  }
  expect(failed).toEqual([]);
  const few = problems.slice(0, 10);
  for await (const record of evaluateHumanEval(few, async () => '    pass\n', runner)) {
    if (record.kind === 'summary') expect(record.passAt1.value).toBe(0);
  }
});
