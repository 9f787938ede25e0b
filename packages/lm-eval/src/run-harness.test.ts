import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Harness } from './harness.js';
import { writeLocalTask } from './local-tasks.js';
import { parseProgress, runHarness } from './run-harness.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-harness-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('parseProgress', () => {
  it('reads the last bar that tqdm drew', () => {
    const bars =
      'Running loglikelihood requests:   6%|▋         | 1/16 [00:20<05:00, 20.04s/it]\r' +
      'Running loglikelihood requests:  56%|█████▋    | 9/16 [00:36<00:24,  3.54s/it]';
    expect(parseProgress(bars)).toEqual({ stage: 'scoring', done: 9, total: 16 });
  });

  it('leaves other bars and lines alone', () => {
    expect(
      parseProgress('Generating test split: 2376 examples [00:00, 36164.75 examples/s]'),
    ).toBeUndefined();
  });
});

describe('writeLocalTask', () => {
  it("changes nothing of the harness's task but its data", async () => {
    await writeLocalTask(folder, '/harness/tasks', 'hellaswag', [{ ctx: 'A man sits. he', ind: 7n }]);
    expect(JSON.parse(await readFile(join(folder, 'hellaswag.yaml'), 'utf8'))).toMatchObject({
      include: '/harness/tasks/hellaswag/hellaswag.yaml',
      dataset_path: 'json',
      test_split: 'test',
    });
    // The harness joins the two parts itself; the second, empty, leaves the first unchanged.
    expect(JSON.parse(await readFile(join(folder, 'hellaswag.jsonl'), 'utf8'))).toEqual({
      ctx: 'A man sits. he',
      ctx_a: 'A man sits. he',
      ctx_b: '',
      ind: 7,
    });
  });

  it('refuses a task that it has no definition of', async () => {
    await expect(writeLocalTask(folder, '/harness/tasks', 'mmlu', [])).rejects.toThrow('mmlu');
  });
});

describe('runHarness', () => {
  const harnessThat = async (script: string): Promise<Harness> => {
    const python = join(folder, 'python');
    await writeFile(python, `#!/bin/sh\n${script}\n`);
    await chmod(python, 0o755);
    return { python, folder: '/harness', versions: {} };
  };
  const run = { model: '/model', tasks: ['piqa'] };

  it('explains a failure with the last lines, bars left out', async () => {
    const harness = await harnessThat(
      'printf "Tokenizing inputs:  50%%|##| 8/16 [00:01<00:01]\\rValueError: no such model\\n" >&2; exit 1',
    );
    const stages: string[] = [];
    const go = async () => {
      for await (const { stage } of runHarness(harness, run)) stages.push(stage);
    };
    await expect(go()).rejects.toMatchObject({
      code: 'GRASP_LM_EVAL',
      message: 'lm_eval stopped on /model:\nValueError: no such model',
    });
    expect(stages).toEqual(['loading', 'tokenizing']);
  });

  it('ends the process and removes its files when it is left early', async () => {
    const harness = await harnessThat(
      'echo $PWD > "$(dirname "$0")/cwd"; printf "Tokenizing inputs:  50%%|##| 8/16 [00:01<00:01]" >&2; exec sleep 60',
    );
    for await (const { stage } of runHarness(harness, run)) if (stage === 'tokenizing') break;
    const cwd = (await readFile(join(folder, 'cwd'), 'utf8')).trim();
    await expect(readdir(cwd)).rejects.toThrow('ENOENT');
  });
});
