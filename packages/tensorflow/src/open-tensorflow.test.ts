import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openTimeout } from '../test/support.js';
import { diagnose, openTensorFlow, serveTensorFlow } from './index.js';

afterEach(() => vi.unstubAllEnvs());

async function folderOfGarbage(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'garbage-'));
  for (const name of ['framework', 'cc']) {
    await writeFile(path.join(folder, `libtensorflow_${name}.so.2`), 'not a library');
  }
  return folder;
}

describe('openTensorFlow', () => {
  it(
    'makes the backend current and says what it runs on, without a word on the console',
    async () => {
      const log = (['log', 'info', 'warn', 'error'] as const).map((method) => vi.spyOn(console, method));
      const { info, dispose } = await openTensorFlow({ threads: { intra: 2 } });
      expect(tf.getBackend()).toBe('tensorflow');
      expect(info).toMatchObject({ version: '2.21.0', build: 'cpu', threads: { intra: 2, inter: 2 } });
      expect(info.devices[0]).toMatchObject({ type: 'CPU' });
      tf.tidy(() => tf.softmax(tf.ones([2, 2])).dataSync());
      dispose();
      for (const spy of log) expect(spy).not.toHaveBeenCalled();
    },
    openTimeout,
  );

  it('is one in a process, until it is disposed of', async () => {
    const first = await openTensorFlow({ threads: { intra: 1 } });
    expect(first.info.threads).toEqual({ intra: 1, inter: 1 });
    expect(await openTensorFlow()).toBe(first);
    await expect(openTensorFlow({ threads: { intra: 2 } })).rejects.toMatchObject({
      problem: 'already-open',
    });
    first.dispose();
    first.dispose();
    const second = await openTensorFlow({ threads: { intra: 2 } });
    expect(tf.square(tf.scalar(3)).dataSync()[0]).toBe(9);
    second.dispose();
  });

  it('says which option differs from those it was opened with', async () => {
    const { dispose } = await openTensorFlow({ threads: { intra: 1 } });
    for (const [options, message] of [
      [{ threads: { intra: 2 } }, /with threads\.intra '1' instead of '2'/],
      [{ gpuMemoryBytes: 5 }, /with gpuMemoryBytes 'default' instead of '5'/],
      [{ build: 'gpu' }, /with build 'cpu' instead of 'gpu'/],
    ] as const) {
      const opening = openTensorFlow(options);
      await expect(opening).rejects.toMatchObject({ code: 'GRASP_TF_SETUP', problem: 'already-open' });
      await expect(opening).rejects.toThrow(message);
    }
    dispose();
  });

  it('refuses a second context of another copy of the package, and of a worker that it would become', async () => {
    const { dispose } = await openTensorFlow();
    const alreadyOpen = { code: 'GRASP_TF_SETUP', problem: 'already-open' };
    vi.resetModules();
    const copy = await import('./index.js');
    expect(copy.openTensorFlow).not.toBe(openTensorFlow);
    await expect(copy.openTensorFlow()).rejects.toMatchObject(alreadyOpen);
    await expect(serveTensorFlow({ port: 1 })).rejects.toMatchObject(alreadyOpen);
    expect(tf.square(tf.scalar(3)).dataSync()[0]).toBe(9);
    dispose();
    const second = await copy.openTensorFlow();
    await expect(openTensorFlow()).rejects.toMatchObject(alreadyOpen);
    second.dispose();
  });

  it('cannot be used once disposed', async () => {
    const tensorFlow = await openTensorFlow();
    const x = tf.square(tf.tensor2d([[1, 2]]));
    const recorded = tensorFlow.record('before', (y) => [tf.add(y!, 1)]);
    tf.dispose(recorded(x));
    tensorFlow.dispose();
    const closed = { code: 'GRASP_TF_CLOSED' };
    expect(() => tensorFlow.bfloat16Tensor(Uint16Array.of(1), [1])).toThrow(expect.objectContaining(closed));
    expect(() => tensorFlow.op('NoOp', {}, [], 0)).toThrow(expect.objectContaining(closed));
    expect(() => tensorFlow.op('Rank', {}, [], 1)).toThrow(expect.objectContaining(closed));
    expect(() => tensorFlow.record('after', () => [])).toThrow(expect.objectContaining(closed));
    expect(() => tensorFlow.solveDefinite(Float64Array.of(1), Float64Array.of(1), 1)).toThrow(
      expect.objectContaining(closed),
    );
    recorded.dispose();
    for (const use of [
      () => x.dataSync(),
      () => recorded(x),
      () => tensorFlow.matMul(x, x, true, false),
      () => tensorFlow.toBfloat16(x),
    ])
      expect(use).toThrow(/disposed|closed/);
    const again = await openTensorFlow();
    expect(() => tf.square(x)).toThrow(expect.objectContaining({ code: 'GRASP_TF_DISPOSED' }));
    again.dispose();
  });

  it('explains a library that does not load', async () => {
    const opening = openTensorFlow({ library: await folderOfGarbage() });
    await expect(opening).rejects.toMatchObject({ code: 'GRASP_TF_SETUP', problem: 'load' });
    await expect(opening).rejects.toThrow(/libtensorflow_framework/);
  });
});

describe('diagnose', () => {
  it('describes a machine that is ready, and leaves the backend as it was', async () => {
    const { usable, info, findings } = await diagnose();
    expect(usable).toBe(true);
    expect(info?.version).toBe('2.21.0');
    expect(new Set(findings.map(({ topic }) => topic))).toContain('memory');
    expect(findings.every(({ level, remedy }) => level === 'ok' || remedy)).toBe(true);
    expect(tf.findBackend('tensorflow')).toBeNull();
  });

  it('explains each failure of the set-up', async () => {
    const broken = await diagnose({ library: await folderOfGarbage() });
    expect(broken.usable).toBe(false);
    expect(broken.findings[0]).toMatchObject({ level: 'problem', topic: 'library' });

    const cacheDir = await mkdtemp(path.join(os.tmpdir(), 'empty-cache-'));
    expect((await diagnose({ cacheDir })).findings[0]!.message).toMatch(/274 MB are fetched on first use/);
    vi.stubEnv('PATH', cacheDir);
    const without = await diagnose({ cacheDir });
    expect(without.usable).toBe(false);
    expect(without.findings[0]!.message).toMatch(/Python was not found/);
  });
});
