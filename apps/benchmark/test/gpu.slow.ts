import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasShared, sharedPath } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

let folder: string;
beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-gpu-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('runs all parts on a CPU at tiny sizes, and writes what each one found', async () => {
  const out = join(folder, 'out');
  const how = [
    '--device',
    'cpu',
    '--size',
    'tiny',
    '--out',
    out,
    ...(hasShared ? ['--traces', sharedPath('reference')] : []),
  ];
  const { exitCode, stderr, stdout } = await execa('node', [main, 'gpu', ...how], { reject: false });
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('Written to');
  const { device, engine, outcomes } = JSON.parse(await readFile(join(out, 'gpu.json'), 'utf8'));
  expect(device).toBe('cpu');
  expect(engine.engine).toContain('cpu build');
  const status = Object.fromEntries(
    outcomes.map((each: { name: string; status: string }) => [each.name, each.status]),
  );
  expect(status).toEqual({
    verify: hasShared ? 'ok' : 'skipped',
    small: 'ok',
    large: 'skipped',
    memory: 'ok',
    kernels: 'ok',
    repeat: 'ok',
  });
  const markdown = await readFile(join(out, 'gpu.md'), 'utf8');
  for (const title of ['## Speed: small', '## Cost of a gate step', '## Kernels', '## Pruned twice'])
    expect(markdown).toContain(title);
});

it.skipIf(existsSync('/proc/driver/nvidia'))(
  'ends with a clear line on a machine without a card',
  async () => {
    const out = join(folder, 'none');
    const { exitCode, stderr } = await execa('node', [main, 'gpu', '--device', 'gpu', '--out', out], {
      reject: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('no NVIDIA card that its driver knows. Use --device cpu');
  },
);
