import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp, keptTerminal } from '../../../test/grasp.js';
import { runCommand } from '../../program.js';
import { InterruptedError } from '../../shared/exit-codes.js';
import { taskOptions } from './options.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-eval-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'model'));
  await writeFile(join(folder, 'text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

describe('grasp eval ppl', () => {
  const run = (...flags: string[]) =>
    grasp('eval', 'ppl', join(folder, 'model'), join(folder, 'text.txt'), '--backend', 'wasm', ...flags);

  it('prints the perplexity of each text', async () => {
    const { code, out } = await run('--window', '64', '--windows', '3', '--quiet');
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d{4} {2}text\.txt \(3 windows of 64 tokens\)$/);
  });

  it('keeps windows within what the model reads', async () => {
    const { out } = await run('--json');
    expect(JSON.parse(out).data[0]).toMatchObject({ window: 256 });
  });

  it('refuses a window of nothing, and one that the model cannot read', async () => {
    for (const tokens of ['0', '1']) expect((await run('--window', tokens)).code).toBe(2);
    const { code, err } = await run('--window', '300');
    expect(code).toBe(2);
    expect(err).toContain("--window 300 is longer than the model's context of 256 tokens");
  });

  it('names the window whose logits are not finite, and leaves none out', async () => {
    const model = tinyLlama();
    const overflowing = async (name: string) => {
      const tensor = await model.read(name);
      return name === 'model.norm.weight' ? { ...tensor, data: tensor.data.map(() => 3e38) } : tensor;
    };
    await writeCheckpoint({ ...model, read: overflowing }, join(folder, 'overflowing'));
    const files = [join(folder, 'overflowing'), join(folder, 'text.txt')];
    const { code, out, err } = await grasp('eval', 'ppl', ...files, '--backend', 'wasm', '--quiet');
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/window 0: the model gives a log-likelihood of (-?Infinity|NaN)/);
  });
});

describe('grasp eval tasks', () => {
  const items = [
    { goal: 'Open a jar', sol1: 'twist the lid', sol2: 'shout at it', label: 0 },
    { goal: 'Boil water', sol1: 'wait', sol2: 'heat it', label: 1 },
  ];
  beforeAll(() =>
    writeFile(join(folder, 'piqa.validation.jsonl'), items.map((item) => JSON.stringify(item)).join('\n')),
  );
  const run = (...flags: string[]) =>
    grasp('eval', 'tasks', join(folder, 'model'), '--data', folder, '--backend', 'wasm', ...flags);

  it('prints accuracies with their standard errors', async () => {
    const { code, out } = await run('--tasks', 'piqa', '--quiet');
    expect(code).toBe(0);
    expect(out).toMatch(/piqa +│ 2 +│ \d\.\d{4} ± \d\.\d{4}/);
  });

  it('has each task once, however often it is named', () => {
    expect(taskOptions.tasks().parseArg?.('piqa,arc_easy,piqa', undefined)).toEqual(['piqa', 'arc_easy']);
  });

  it('gives every item as JSON', async () => {
    const { out } = await run('--tasks', 'piqa', '--limit', '1', '--json');
    const { tasks } = JSON.parse(out);
    expect(tasks[0].results).toMatchObject([
      { item: 0, gold: 0, logLikelihoods: [expect.any(Number), expect.any(Number)] },
    ]);
  });

  it('says which data are missing before the model is loaded', async () => {
    const { code, err } = await run('--tasks', 'piqa,arc_easy');
    expect(code).toBe(3);
    expect(err).toContain('arc_easy');
    const nowhere = await run('--tasks', 'piqa', '--data', join(folder, 'nosuch'));
    expect(nowhere).toMatchObject({ code: 3, err: expect.stringMatching(/there is no folder .*nosuch/) });
  });

  it.each([
    ['an empty file', '', 'arc_easy: its data hold no item'],
    [
      'an item without its answer',
      '{"question":"a","choices":{"text":["b"],"label":["A"]}}',
      'item 0: field "answerKey" is',
    ],
    ['a line that is no JSON', '{"question"', 'arc_easy.test.jsonl'],
    [
      'an item that the model cannot read',
      JSON.stringify({
        question: 'a',
        choices: { text: ['b', 'c'.repeat(300)], label: ['A', 'B'] },
        answerKey: 'A',
      }),
      'arc_easy, item 0: choice 1 has 301 tokens; the model reads 256 at once',
    ],
  ])('explains %s', async (_name, content, message) => {
    await writeFile(join(folder, 'arc_easy.test.jsonl'), content);
    const { code, err } = await run('--tasks', 'arc_easy', '--quiet');
    await rm(join(folder, 'arc_easy.test.jsonl'));
    expect(code).toBe(3);
    expect(err).toContain(message);
  });

  it('refuses a task it does not have', async () => {
    for (const names of ['mmlu', 'piqa,mmlu']) {
      const { code, err } = await run('--tasks', names);
      expect({ code, err }).toMatchObject({
        code: 2,
        err: expect.stringContaining('There is no task "mmlu". Allowed are piqa,'),
      });
    }
    expect((await run('--tasks', '')).code).toBe(2);
  });
});

describe('grasp eval compare', () => {
  it('says at once that there is no Python', async () => {
    const flags = ['--data', folder, '--tasks', 'piqa', '--python', '/no/such/python'];
    const { code, err } = await grasp('eval', 'compare', join(folder, 'model'), ...flags);
    expect(code).toBe(6);
    expect(err).toContain('/no/such/python does not run');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with the harness it runs at a %s', async (signal) => {
    const python = join(folder, 'python');
    const answer = { missing: [], versions: { lm_eval: '0.4.13' }, folder: '/harness' };
    const bar = 'Running loglikelihood requests:  50%|## | 1/2 [00:01<00:01, 1.0s/it]';
    await writeFile(
      python,
      `#!/bin/sh\nif [ "$1" = -c ]; then echo '${JSON.stringify(answer)}'; else echo '${bar}' >&2; exec sleep 60; fi\n`,
    );
    await chmod(python, 0o755);
    const user = new AbortController();
    const said: string[] = [];
    const note = (line: string) => {
      said.push(line);
      if (line.startsWith('lm_eval, scoring')) user.abort(new InterruptedError(signal));
    };
    const model = [join(folder, 'model'), '--data', folder, '--backend', 'wasm'];
    const { terminal } = keptTerminal({ print: note, note, signal: user.signal });
    const flags = ['--tasks', 'piqa', '--python', python];
    const code = await runCommand(['eval', 'compare', ...model, ...flags], terminal);
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(said.at(-1)).toBe(signal === 'SIGINT' ? 'grasp: Interrupted.' : 'grasp: Terminated.');
  });
});
