import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerMemory } from './container-memory.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grasp-cgroup-'));
});
afterEach(() => rm(root, { recursive: true }));

async function given(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), `${content}\n`);
  }
}

describe('memory that control groups leave', () => {
  it('is without limit where there are none', async () => {
    expect(containerMemory(root)).toBe(Number.POSITIVE_INFINITY);
    await given({ 'proc/self/cgroup': '0::/', 'sys/fs/cgroup/memory.max': 'max' });
    expect(containerMemory(root)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is what is not used, version 2', async () => {
    await given({
      'proc/self/cgroup': '0::/',
      'sys/fs/cgroup/memory.max': '1000',
      'sys/fs/cgroup/memory.current': '700',
      'sys/fs/cgroup/memory.stat': 'anon 300\ninactive_file 250\nactive_file 150',
    });
    expect(containerMemory(root)).toBe(1000 - (700 - 250));
  });

  it('is the least of a group and those above it', async () => {
    await given({
      'proc/self/cgroup': '0::/user.slice/job',
      'sys/fs/cgroup/user.slice/job/memory.max': 'max',
      'sys/fs/cgroup/user.slice/memory.max': '600',
      'sys/fs/cgroup/user.slice/memory.current': '100',
      'sys/fs/cgroup/memory.max': '5000',
    });
    expect(containerMemory(root)).toBe(500);
  });

  it('is found in version 1, also where the path is that of the host', async () => {
    await given({
      'proc/self/cgroup': '5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '2000',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '1500',
      'sys/fs/cgroup/memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 400',
    });
    expect(containerMemory(root)).toBe(2000 - 1100);
    await given({
      'sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '800',
      'sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes': '900',
    });
    expect(containerMemory(root)).toBe(0);
  });

  it('is not what a file in another form says', async () => {
    await given({ 'proc/self/cgroup': '0::/../..', 'sys/fs/cgroup/memory.max': 'lots' });
    expect(containerMemory(root)).toBe(Number.POSITIVE_INFINITY);
  });
});
