import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseCard } from './card.js';
import { gpuLibrary } from './gpu-library.js';
import { gpuMarkdown, gpuRecord } from './gpu-report.js';
import { type Part, partsOf, SIZES } from './parts.js';
import { type Outcome, runParts } from './run-parts.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'grasp-gpu-test-'));
});
afterAll(() => rm(scratch, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe('partsOf', () => {
  const settings = {
    ...{ sizes: SIZES.full, traces: '/traces', python: '/python', compile: true },
    ...{ model: undefined, layers: undefined, freeBytes: 80e9, minutes: 8, scratch: '/scratch' },
  };
  const parts = (changed: object) => partsOf({ ...settings, ...changed }, (name) => `/out/${name}`);
  const find = (name: string, changed: object = {}) => parts(changed).find((part) => part.name === name)!;

  it('fits into eight minutes', () => {
    expect(parts({}).reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThanOrEqual(480);
    expect(find('memory', { minutes: 16 }).seconds).toBe(2 * find('memory').seconds);
  });

  it('compares with PyTorch if there is a Python with it', () => {
    expect(find('small').commands[1]).toEqual(expect.arrayContaining(['--python', '/python', '--compile']));
    expect(find('small', { python: undefined }).commands[1]).toContain('--alone');
  });

  it('says why a part cannot run', () => {
    expect(find('verify', { traces: undefined }).impossible).toContain('--traces');
    expect(find('large').impossible).toBeUndefined();
    expect(find('large', { freeBytes: 8e9 }).impossible).toMatch(/needs about 18\.8 GB and 8\.0 GB are free/);
    expect(find('large', { sizes: SIZES.tiny }).impossible).toBe('left out at this size');
  });
});

describe('runParts', () => {
  const script = (code: string): readonly string[] => ['--eval', code];
  const part = (name: Part['name'], seconds: number, ...codes: string[]): Part => ({
    ...{ name, title: name, seconds, commands: codes.map(script), report: 'verify' },
  });
  const run = async (parts: Part[], seconds = 60): Promise<Outcome[]> => {
    const options = { program: [process.execPath] as const, environment: {}, seconds, say: () => {} };
    const outcomes: Outcome[] = [];
    for await (const each of runParts(parts, { ...options, folder: (name) => join(scratch, name) }))
      outcomes.push(each);
    return outcomes;
  };
  const writing = (name: string) => {
    const folder = JSON.stringify(join(scratch, name));
    return `const fs = require('fs'); fs.mkdirSync(${folder}); fs.writeFileSync(${folder} + '/verify.json', '{"verdict": "fine"}'); fs.writeFileSync(${folder} + '/verify.md', '# V');`;
  };

  it('goes on after a part that fails, and keeps what a part had written when its time was over', async () => {
    const outcomes = await run([
      part('small', 30, 'console.error("first"); process.exit(3)', writing('small')),
      part('verify', 6, `${writing('verify')} setInterval(() => {}, 1000)`),
      part('repeat', 30, writing('repeat')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'partial', 'ok']);
    expect(outcomes[0]!.reason).toBe('first');
    expect(outcomes[1]!.reason).toContain('did not end in time');
    expect(outcomes[1]!.headline).toBe('fine');
    const markdown = gpuMarkdown({ date: 'd', machine: 'm', device: 'cpu', size: 'tiny', outcomes });
    expect(markdown).toContain('| small | failed | first | ');
    expect(markdown).toContain('these numbers say nothing about a GPU');
    expect(
      JSON.stringify(gpuRecord({ date: 'd', machine: 'm', device: 'cpu', size: 'tiny', outcomes })),
    ).toContain('"verdict":"fine"');
  });

  it('ends the part and itself when it is interrupted', async () => {
    const running = run([part('kernels', 60, 'setInterval(() => {}, 1000)')]);
    setTimeout(() => process.emit('SIGINT'), 1000);
    await expect(running).rejects.toThrow('Interrupted.');
  });

  it('leaves out what the time does not allow', async () => {
    const [outcome] = await run([part('verify', 30, 'never()')], 2);
    expect(outcome).toMatchObject({ status: 'skipped', reason: 'the time was used up before it' });
  });
});

it("reads the driver's answer", () => {
  expect(parseCard('NVIDIA H100 80GB HBM3, 580.65.06, 81559, 81000\nNVIDIA H100, 1, 2, 3\n')).toEqual({
    ...{ name: 'NVIDIA H100 80GB HBM3', driver: '580.65.06' },
    ...{ totalBytes: 81559 * 2 ** 20, freeBytes: 81000 * 2 ** 20 },
  });
  expect(parseCard('NVIDIA X, 1, [N/A], [N/A]')).toEqual({ name: 'NVIDIA X', driver: '1' });
  expect(parseCard('')).toBeUndefined();
});

describe('gpuLibrary', () => {
  it('takes the named folder, then the cache, and says what to do without a network', async () => {
    const cache = join(scratch, 'cache');
    const folder = join(cache, 'tensorflow-cuda', '2.21.0', 'tensorflow');
    vi.stubEnv('GRASP_TENSORFLOW_LIBRARY', '');
    vi.stubEnv('GRASP_OFFLINE', '1');
    await expect(gpuLibrary(() => {}, cache)).rejects.toMatchObject({
      code: 'GRASP_GPU_BENCHMARK',
      message: expect.stringContaining("Run pip install 'tensorflow[and-cuda]==2.21.0'"),
    });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'libtensorflow_cc.so.2'), '');
    expect(await gpuLibrary(() => {}, cache)).toBe(folder);
    vi.stubEnv('GRASP_TENSORFLOW_LIBRARY', scratch);
    await expect(gpuLibrary(() => {}, cache)).rejects.toThrow('has no libtensorflow_cc');
  });
});
