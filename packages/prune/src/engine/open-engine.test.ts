import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assertDtype, openEngine } from './open-engine.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'grasp-engine-'));
  vi.stubEnv('GRASP_TENSORFLOW_LIBRARY', '');
  vi.stubEnv('XDG_CACHE_HOME', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(cache, { recursive: true });
});

/** Where there is no native library: what a machine looks like, and what is said of it. */
const machines: readonly [name: string, make: () => void, why: RegExp][] = [
  [
    'a Linux with musl, such as Alpine',
    () => vi.spyOn(process.report, 'getReport').mockReturnValue({ header: {} }),
    /another C library \(musl/,
  ],
  [
    'a processor without a build',
    () => vi.spyOn(process, 'arch', 'get').mockReturnValue('riscv64'),
    /for linux-riscv64/,
  ],
  ['a machine without network', () => vi.stubEnv('GRASP_OFFLINE', '1'), /GRASP_OFFLINE is set/],
];

describe.skipIf(process.platform !== 'linux')('openEngine', () => {
  it.each(machines)('uses WASM on %s, with one warning that says why', async (_name, make, why) => {
    make();
    const warnings: string[] = [];
    const engine = await openEngine({ onWarning: (message) => warnings.push(message) });
    expect(engine.backend).toBe('wasm');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^TensorFlow cannot start, so the slower WASM backend is used\./);
    expect(warnings[0]).toMatch(why);
  });

  it('names the options that WASM does not have', async () => {
    vi.stubEnv('GRASP_OFFLINE', '1');
    const warnings: string[] = [];
    await openEngine({ threads: 3, gpuMemory: 4e9, onWarning: (message) => warnings.push(message) });
    expect(warnings[0]).toContain('WASM backend is used. It has no --threads 3 and --gpu-memory.');
  });

  it('does not replace TensorFlow by WASM if TensorFlow was requested', async () => {
    vi.spyOn(process.report, 'getReport').mockReturnValue({ header: {} });
    const onWarning = vi.fn();
    await expect(openEngine({ backend: 'tensorflow', onWarning })).rejects.toMatchObject({
      code: 'GRASP_ENGINE',
      message: expect.stringContaining('musl'),
    });
    expect(onWarning).not.toHaveBeenCalled();
  });
});

it('blames a worker that does not answer, not TensorFlow', async () => {
  vi.unstubAllEnvs(); // the library of this machine
  await expect(openEngine({ workers: ['127.0.0.1:1'] })).rejects.toMatchObject({
    code: 'GRASP_ENGINE',
    message: expect.stringMatching(/^No worker answers at 127\.0\.0\.1:1 /),
  });
});

describe('openEngine with the backend wasm', () => {
  it.each([
    [{ threads: 8 }, 'computes on one thread, not on 8. Leave out --backend wasm or --threads.'],
    [{ gpuMemory: 4e9 }, 'does not use a GPU. Leave out --backend wasm or --gpu-memory.'],
    [{ workers: ['a:1'] }, 'does not support workers. Leave out --backend wasm or --workers.'],
  ])('refuses %o, which would have no effect', async (options, problem) => {
    await expect(openEngine({ backend: 'wasm', ...options })).rejects.toMatchObject({
      code: 'GRASP_ENGINE',
      message: `The WASM backend ${problem}`,
    });
  });

  it('has float32 alone', async () => {
    const engine = await openEngine({ backend: 'wasm' });
    assertDtype(engine, 'float32');
    expect(() => assertDtype(engine, 'bfloat16', '--heal-dtype')).toThrow(
      'The WASM backend has no bfloat16. Use --heal-dtype float32.',
    );
  });

  it('allows one thread, which it has', async () => {
    expect(await openEngine({ backend: 'wasm', threads: 1 })).toMatchObject({ backend: 'wasm' });
  });
});
