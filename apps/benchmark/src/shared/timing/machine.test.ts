import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeMachine, gpuNames } from './machine.js';

it("lists the GPUs that NVIDIA's driver describes", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-gpus-'));
  try {
    await mkdir(join(folder, '0000:00:06.0'));
    await writeFile(
      join(folder, '0000:00:06.0', 'information'),
      'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 41\n',
    );
    expect(gpuNames(folder)).toEqual(['NVIDIA H100 80GB HBM3']);
    expect(gpuNames(join(folder, 'nothing'))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('describes this machine in one line', () => {
  expect(describeMachine(2)).toMatch(/, 2 threads, \d+ GiB of memory, .*Node v\d+/);
  expect(describeMachine(1)).toContain(', 1 thread, ');
});
