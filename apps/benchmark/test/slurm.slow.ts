import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeCheckpoint } from '@grasp/checkpoint';
import { hasSlurm, type SlurmCluster, startSlurm, tinyLlama, tinyText } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

describe.skipIf(!hasSlurm)('a reproduction by Slurm (slurmctld, slurmd and munged on this machine)', () => {
  let folder: string;
  let cluster: SlurmCluster;
  const at = (...names: string[]) => join(folder, ...names);
  beforeAll(async () => {
    await buildCommand();
    folder = await mkdtemp(join(tmpdir(), 'grasp-bench-slurm-'));
    await writeCheckpoint(tinyLlama(), at('model'));
    await writeFile(at('text.txt'), Array.from({ length: 4 }, () => tinyText).join('\n'));
    cluster = await startSlurm();
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const reproduce = (out: string, flags: readonly string[]) => {
    const text = `wikitext2=${at('text.txt')}`;
    const data = [
      '--calib',
      text,
      '--scale-calib',
      text,
      '--text',
      text,
      '--windows',
      '2',
      '--tasks',
      'none',
    ];
    const settings = JSON.stringify({ text: { blocks: 150, length: 32 }, gates: { epochs: 1 } });
    const rows = ['--keep', '0.8,0.6', '--suite', 'table', 'scales', '--settings', settings];
    const how = ['--backend', 'wasm', '--out', at(out), ...flags];
    const command = [main, 'reproduce', '--model', at('model'), ...data, ...rows, ...how];
    return execa('node', command, { reject: false, env: cluster.env });
  };
  const bySlurm = (out: string, ...flags: string[]) =>
    reproduce(out, ['--launcher', 'slurm', '--poll', '1', ...flags]);

  /** The logs of all tasks. A step has one log for each time it was started. */
  async function logs(out: string): Promise<{ step: string; pid: number; text: string }[]> {
    const names = (await readdir(at(out, 'jobs')).catch(() => [])).filter((name) => name.endsWith('.log'));
    const texts = await Promise.all(names.map((name) => readFile(at(out, 'jobs', name), 'utf8')));
    return texts.flatMap((text) => {
      const [, step, pid] = /^(.*): process (\d+) on /.exec(text) ?? [];
      return step === undefined ? [] : [{ step, pid: Number(pid), text }];
    });
  }
  /** Waits until the log of a step has a line that begins with `start`. */
  async function whenItSays(out: string, step: string, start: string): Promise<{ pid: number }> {
    for (let waited = 0; waited < 300_000; waited += 50) {
      const log = (await logs(out)).find((each) => each.step === step && each.text.includes(`\n${start}`));
      if (log) return log;
      await setTimeout(50);
    }
    throw new Error(`${step} never said "${start}"; there are ${(await steps(out)).join(', ') || 'no logs'}`);
  }
  const steps = async (out: string) => (await logs(out)).map(({ step }) => step).sort();
  const once = ['measure:dense', 'measure:keep-0.6', 'measure:keep-0.8', 'prune:keep-0.6', 'prune:keep-0.8'];

  it('submits a killed task again, and nothing else, with the results of a single process', async () => {
    const local = await reproduce('local', []);
    expect(local.exitCode, local.stderr).toBe(0);
    const running = bySlurm('slurm');
    const { pid } = await whenItSays('slurm', 'prune:keep-0.6', 'gates 64/');
    process.kill(pid, 'SIGKILL');
    const { exitCode, stdout, stderr } = await running;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/^prune:keep-0\.6 failed and is submitted again \(retry 1 of 2\)\./m);
    expect(stderr).toMatch(/^slurm [\d, ]+: \d running, \d waiting/m);
    expect(await steps('slurm')).toEqual([...once, 'prune:keep-0.6'].sort());
    for (const report of ['report.json', 'report.md', 'report.html'])
      expect(await readFile(at('slurm', report), 'utf8')).toBe(await readFile(at('local', report), 'utf8'));
    expect(stdout.replaceAll(at('slurm'), '')).toBe(local.stdout.replaceAll(at('local'), ''));

    const times = async () =>
      Promise.all(
        (await readdir(at('slurm', 'cells'))).map(
          async (name) => (await stat(at('slurm', 'cells', name))).mtimeMs,
        ),
      );
    const before = await times();
    const again = await bySlurm('slurm');
    expect(again.stdout).toBe(stdout);
    expect(await times()).toEqual(before);
    expect(await steps('slurm'), 'nothing was submitted').toHaveLength(6);
  });

  it('waits for tasks that were submitted before Ctrl-C', async () => {
    const first = bySlurm('interrupted');
    await whenItSays('interrupted', 'prune:keep-0.8', 'gates 64/');
    first.kill('SIGINT');
    const { exitCode, stderr } = await first;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(
      /Jobs [\d, ]+ of slurm continue\. Run the same command to wait for them, or "scancel [\d ]+" to cancel them\.$/,
    );

    const second = await bySlurm('interrupted');
    expect(second.exitCode, second.stderr).toBe(0);
    expect(await steps('interrupted')).toEqual(once);
  });

  it('reports a step that failed too often, and finishes it when run again', async () => {
    const running = bySlurm('lost', '--retries', '0', '--submit', 'comment=a sweep', 'nice');
    const { pid } = await whenItSays('lost', 'prune:keep-0.8', 'gates 64/');
    process.kill(pid, 'SIGKILL');
    const { exitCode, stdout, stderr } = await running;
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^not measured: prune:keep-0\.8 failed\. Last line of its log: .*\(.*jobs.prune-\w+-\d\.log\)$/m,
    );
    expect(stderr).toMatch(/^grasp-bench: 1 of the steps failed too often/m);
    const whole = await bySlurm('lost');
    expect(whole.exitCode, whole.stderr).toBe(0);
    expect(await readFile(at('lost', 'report.json'), 'utf8')).toBe(
      await readFile(at('local', 'report.json'), 'utf8'),
    );
  });

  it('reports why Slurm refuses', async () => {
    const { exitCode, stderr } = await bySlurm('refused', '--submit', 'partition=nowhere');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^grasp-bench: sbatch failed: .*invalid partition specified: nowhere/m);
  });
});
