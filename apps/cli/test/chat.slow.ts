import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

let folder: string;
beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-chat-process-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'model'));
});
afterAll(() => rm(folder, { recursive: true }));

const MOST = 100; // less than half of the context, which is the most a reply gets
const chat = (...more: string[]) =>
  execa(
    'node',
    [main, 'chat', join(folder, 'model'), '--backend', 'wasm', '--max-tokens', `${MOST}`, ...more],
    { reject: false, timeout: 120_000 },
  );
const counts = (stderr: string) => [...stderr.matchAll(/(\d+) tokens, /g)].map(([, count]) => Number(count));

describe('grasp chat as a process', () => {
  it('keeps standard output for the reply', async () => {
    const { exitCode, stdout, stderr } = await chat('--prompt', 'Hello', '--max-tokens', '20');
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(0);
    expect(counts(stderr)).toEqual([20]);
  });

  it('stops a reply at Ctrl-C and goes on listening, until its input ends', async () => {
    const run = chat();
    run.stdin.write('Hello\n');
    await once(run.stdout, 'data');
    run.kill('SIGINT');
    await once(run.stderr, 'data');
    run.stdin.end('And you?\n');
    const { exitCode, stderr } = await run;
    const [stopped, whole] = counts(stderr);
    expect(exitCode).toBe(0);
    expect(stopped).toBeLessThan(MOST);
    expect(whole).toBe(MOST);
  });

  it('ends at Ctrl-C where there is only one reply to give', async () => {
    const run = chat('--quiet', '--prompt', 'Hello');
    await once(run.stdout, 'data');
    run.kill('SIGINT');
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(130);
    expect(stdout.trim().length).toBeGreaterThan(0);
  });

  it('ends at once when terminated', async () => {
    const run = chat('--quiet');
    run.stdin.write('Hello\n');
    await once(run.stdout, 'data');
    run.kill('SIGTERM');
    expect((await run).exitCode).toBe(143);
  });
});
