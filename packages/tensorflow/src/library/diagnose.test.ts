import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { foreignFunctions } from '../c-api/foreign-functions.js';
import type { TensorFlowInfo } from '../tensorflow.js';
import { describeMachine, diagnose, type Machine } from './diagnose.js';

const machine: Machine = {
  cores: 8,
  cpu: { model: 'a processor', avx: true, bfloat16: true },
  hasNvidiaGpu: false,
  availableBytes: 6 * 2 ** 30,
};
const info: TensorFlowInfo = {
  version: '2.21.0',
  build: 'cpu',
  library: '/somewhere',
  devices: [{ name: 'CPU:0', type: 'CPU', memoryBytes: 0 }],
  threads: { intra: 8, inter: 1 },
  bfloat16: 'native',
};
const advice = (changes: Partial<Machine>, running: Partial<TensorFlowInfo> = {}) =>
  describeMachine({ ...machine, ...changes }, { ...info, ...running })
    .filter(({ level }) => level === 'advice')
    .map(({ topic }) => topic);

describe('describeMachine', () => {
  it('has no advice where everything is in use', () => {
    expect(advice({})).toEqual([]);
  });

  it('says what would be faster', () => {
    expect(advice({ hasNvidiaGpu: true })).toEqual(['device']);
    expect(advice({}, { threads: { intra: 2, inter: 1 } })).toEqual(['threads']);
    expect(advice({ cpu: { ...machine.cpu, bfloat16: false } })).toEqual(['precision']);
  });

  it('counts threads in words', () => {
    const said = (cores: number) =>
      describeMachine({ ...machine, cores }, { ...info, threads: { intra: cores, inter: 1 } }).map(
        ({ message }) => message,
      );
    expect(said(1)).toContain('Operations use 1 thread (a processor).');
    expect(said(2)).toContain('Operations use 2 threads (a processor).');
  });

  it('has nothing to say of the processor where a GPU computes', () => {
    const devices = [{ name: 'GPU:0', type: 'GPU', memoryBytes: 2 ** 36 }];
    expect(advice({ hasNvidiaGpu: true, cpu: { ...machine.cpu, bfloat16: false } }, { devices })).toEqual([]);
  });
});

describe('diagnose', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'grasp-diagnose-'));
    vi.stubEnv('XDG_CACHE_HOME', folder);
    vi.stubEnv('GRASP_TENSORFLOW_LIBRARY', '');
    vi.stubEnv('GRASP_OFFLINE', '');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  /** The one problem it found, which makes TensorFlow unusable. */
  async function problem(): Promise<string> {
    const { usable, findings } = await diagnose();
    const problems = findings.filter(({ level }) => level === 'problem');
    expect({ usable, count: problems.length }).toEqual({ usable: false, count: 1 });
    return `${problems[0]!.message} ${problems[0]!.remedy}`;
  }

  const python = (script: string) => writeFile(path.join(folder, 'python3'), script, { mode: 0o755 });

  it('is content where the library can be fetched', async () => {
    await python('#!/bin/sh\nexit 0\n');
    vi.stubEnv('PATH', `${folder}:/bin`);
    const { usable, findings } = await diagnose();
    expect(usable).toBe(true);
    expect(findings[0]?.message).toMatch(/is not on this machine yet\. \d+ MB are fetched on first use/);
  });

  it('explains a missing Python, and a Python without pip', async () => {
    vi.stubEnv('PATH', folder);
    expect(await problem()).toMatch(/Python was not found.* Install Python .*GRASP_TENSORFLOW_LIBRARY/);
    await python('#!/bin/sh\necho "No module named pip" >&2\nexit 1\n');
    vi.stubEnv('PATH', `${folder}:/bin`);
    expect(await problem()).toMatch(/Python has no pip .*No module named pip.*python3-pip/);
  });

  it('explains that the network is forbidden, and by what', async () => {
    vi.stubEnv('GRASP_OFFLINE', '1');
    expect(await problem()).toMatch(/not in the cache, .*GRASP_OFFLINE is set/);
  });

  it('explains a Linux with musl, and a machine that no build is for', async () => {
    vi.spyOn(process.report, 'getReport').mockReturnValue({ header: {} });
    expect(await problem()).toMatch(/musl, as on Alpine.*WASM/);
    vi.spyOn(process, 'arch', 'get').mockReturnValue('riscv64');
    expect(await problem()).toMatch(/no cpu build of libtensorflow for linux-riscv64.*WASM/);
  });

  it('explains a folder without the libraries, and libraries that do not load', async () => {
    vi.stubEnv('GRASP_TENSORFLOW_LIBRARY', folder);
    expect(await problem()).toContain(`'${folder}' does not contain`);
    for (const name of ['framework', 'cc']) {
      await writeFile(path.join(folder, `libtensorflow_${name}.so.2`), 'not a library');
    }
    expect(await problem()).toMatch(/libtensorflow did not load.*fetched again/);
  });
});

describe('foreignFunctions', () => {
  it('explains where koffi has no binary', () => {
    const require = (() => {
      throw new Error('Cannot find the native Koffi module\nat …');
    }) as unknown as NodeJS.Require;
    expect(() => foreignFunctions(require)).toThrow(
      expect.objectContaining({ code: 'GRASP_TF_SETUP', problem: 'load' }),
    );
  });
});
