import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-process-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

const settings = ['--length', '32', '--window', '64', '--backend', 'wasm'];
const prune = (out: string, ...more: string[]) =>
  execa('node', [main, 'prune', at('model'), '--calib', at('text.txt'), '--out', out, ...settings, ...more], {
    reject: false,
    timeout: 120_000,
  });

/** Waits until a run has begun to learn. */
const learning = (stderr: Readable) =>
  new Promise<void>((resolve) => {
    let said = '';
    stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('learning gates')) resolve();
    });
  });

describe('the built command', () => {
  it('keeps standard output for the document alone', async () => {
    const { exitCode, stdout } = await prune(at('json'), '--epochs', '1', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'grasp-run' });
  });

  it('stops after the step at hand when interrupted, and keeps what was done', async () => {
    const run = prune(at('stopped'), '--epochs', '100000');
    await learning(run.stderr);
    run.kill('SIGINT');
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('Interrupted');
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual(['stopped.state']);
    const changed = await prune(at('stopped'), '--epochs', '1');
    expect(changed.exitCode).toBe(5);
    expect(changed.stderr).toContain('epochs: 100000 then, 1 now');
    const { exitCode: restarted } = await prune(at('stopped'), '--epochs', '1', '--restart');
    expect(restarted).toBe(0);
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual(['stopped']);
  });

  it('refuses a folder that another process writes to', async () => {
    const first = prune(at('shared'), '--epochs', '100000');
    await learning(first.stderr);
    const second = await prune(at('shared'), '--epochs', '1');
    first.kill('SIGINT');
    await first;
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toContain('another run');
  });

  /** Runs with its output on a disk of its own. Mounting is not for every user: then there is nothing to test. */
  const pruneOnDisk = async (options: string) => {
    const disk = await mkdtemp(join(folder, 'disk-'));
    const { failed } = await execa('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { reject: false });
    if (failed) return undefined;
    try {
      const { exitCode, stderr } = await prune(join(disk, 'out'), '--epochs', '1');
      return { exitCode, stderr, left: await readdir(disk) };
    } finally {
      await execa('umount', [disk]);
    }
  };

  it.each([
    ['the output', 'size=32k', ['out.state']],
    ['the state', 'size=4k', []],
  ])(
    'tells a disk without room for %s from other errors, and leaves nothing half-written',
    async (_, options, left) => {
      const run = await pruneOnDisk(options);
      if (!run) return;
      expect(run).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('disk is full'), left });
    },
  );

  it('says before any work that a disk is for reading alone', async () => {
    const run = await pruneOnDisk('ro');
    if (!run) return;
    expect(run).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('Choose a folder you may write to'),
    });
    expect(run.stderr).not.toContain('learning gates');
  });
});
