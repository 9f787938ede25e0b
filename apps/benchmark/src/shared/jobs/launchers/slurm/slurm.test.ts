import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { arrayScript, sbatchArguments } from './sbatch.js';
import { slurm } from './slurm.js';
import { parseQueue } from './squeue.js';

const array = { key: 'prune-1a2b', commands: [['a'], ['b'], ['c']], folder: '/runs/100% of it/jobs' };

describe('sbatchArguments', () => {
  it('puts the options of the user before its own', () => {
    const args = sbatchArguments(array, ['partition=gpu', 'requeue', 'time=2:00:00']);
    expect(args).toEqual([
      '--partition=gpu',
      '--requeue',
      '--time=2:00:00',
      '--parsable',
      '--job-name=grasp-prune-1a2b',
      '--array=0-2',
      `--chdir=${process.cwd()}`,
      '--output=/runs/100%% of it/jobs/prune-1a2b-%a.log',
      '--error=/runs/100%% of it/jobs/prune-1a2b-%a.log',
      '--no-requeue',
      '--kill-on-invalid-dep=yes',
    ]);
  });

  it('makes each task depend on the task at the same place', () => {
    expect(sbatchArguments({ ...array, after: '17' }, []).at(-1)).toBe('--dependency=aftercorr:17');
  });
});

describe('arrayScript', () => {
  const commands = [
    ['printf', '%s|', '--keep=0.8,0.6', "it's", '{"blocks": 4}', '', '$HOME `x` \\'],
    ['printf', '%s|', 'second'],
  ];
  const run = (place: string) =>
    execaSync('bash', { input: arrayScript(commands), env: { SLURM_ARRAY_TASK_ID: place } }).stdout;

  it.skipIf(process.platform === 'win32')('runs the command at the place, with its words unchanged', () => {
    expect(run('0')).toBe('--keep=0.8,0.6|it\'s|{"blocks": 4}||$HOME `x` \\|');
    expect(run('1')).toBe('second|');
  });

  it('does not quote plain words', () => {
    expect(arrayScript([['/usr/bin/node', 'main.js', '--step', 'prune:keep-0.5']])).toBe(
      '#!/bin/bash\ncase "$SLURM_ARRAY_TASK_ID" in\n' +
        '  0) exec /usr/bin/node main.js --step prune:keep-0.5 ;;\nesac\n',
    );
  });
});

describe('parseQueue', () => {
  it('distinguishes running from waiting tasks, with the reason', () => {
    const lines = [
      'grasp-prune-1a2b|0|17|RUNNING|None',
      'grasp-prune-1a2b|1|17|COMPLETING|None',
      'grasp-prune-1a2b|2|17|PENDING|None',
      'grasp-measure-3c4d|10|18|PENDING|Dependency',
      '',
    ];
    expect(parseQueue(lines.join('\n'))).toEqual([
      { key: 'prune-1a2b', id: '17', place: 0, running: true },
      { key: 'prune-1a2b', id: '17', place: 1, running: true },
      { key: 'prune-1a2b', id: '17', place: 2, running: false },
      { key: 'measure-3c4d', id: '18', place: 10, running: false, reason: 'Dependency' },
    ]);
    expect(parseQueue('')).toEqual([]);
  });
});

describe('slurm', () => {
  it('does not query the queue if nothing was submitted', async () => {
    expect(await slurm([]).queued([])).toEqual([]);
  });

  it('reports that sbatch is missing', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      await expect(slurm([]).check()).rejects.toMatchObject({
        code: 'GRASP_LAUNCHER',
        message: expect.stringMatching(/^sbatch is not on the PATH\. Run this command on a machine/),
      });
    } finally {
      process.env.PATH = path;
    }
  });
});
