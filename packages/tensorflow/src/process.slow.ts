import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPackage, folder } from '../test/build.js';

// A plain Node process runs the built package: what it prints, how it ends, how its memory goes.

beforeAll(buildPackage);

const run = (script: string) =>
  execa(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], {
    cwd: folder,
    env: { TF_CPP_MIN_LOG_LEVEL: undefined },
    reject: false,
  });

const opening = `
import * as tf from '@tensorflow/tfjs-core';
import { openTensorFlow } from '${folder}dist/index.js';
const tensorFlow = await openTensorFlow();
const w = tf.randomNormal([256, 256]);
const layer = (x) => [tf.softmax(tf.matMul(x, w)), tf.grad((y) => tf.sum(tf.sigmoid(y)))(x)];
const x = tf.randomNormal([64, 256]);
`;

describe('a process with TensorFlow', () => {
  it('prints nothing and ends cleanly', async () => {
    const { exitCode, stdout, stderr } = await run(
      `${opening} const recorded = tensorFlow.record('layer', layer); recorded(x); recorded(x)[0].dataSync();`,
    );
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('survives handlers of signals while matrices are multiplied, and still gets its signals', async () => {
    const profiles = await mkdtemp(join(tmpdir(), 'grasp-profile-'));
    // V8's profiler interrupts this thread a thousand times a second: heaps broke within a second, before there was a shelter.
    const profiler = ['--cpu-prof', '--cpu-prof-dir', profiles, '--input-type=module', '--eval'];
    const script = `${opening}
      let heard = 0;
      process.on('SIGTERM', () => { heard++; });
      const [a, b] = [tf.randomNormal([31, 576]), tf.randomNormal([1536, 576])];
      const product = () => tf.tidy(() => tensorFlow.matMul(a, b, false, true).dataSync());
      const expected = product();
      for (const end = Date.now() + 2000; Date.now() < end; ) {
        if (product().some((value, i) => value !== expected[i])) throw new Error('another product');
        process.kill(process.pid, 'SIGTERM');
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.log(heard > 0);
    `;
    const ended = await execa(process.execPath, [...profiler, script], { cwd: folder, reject: false });
    await rm(profiles, { recursive: true });
    const { exitCode, stdout, stderr } = ended;
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: 'true', stderr: '' });
  });

  it('has one in each worker thread, with the same bits, and no word from the first', async () => {
    const script = `
      import { Worker, isMainThread, parentPort } from 'node:worker_threads';
      import koffi from 'koffi';
      import * as tf from '@tensorflow/tfjs-core';
      import { openTensorFlow } from '${folder}dist/index.js';
      const compute = async () => {
        const tensorFlow = await openTensorFlow();
        const x = tf.randomNormal([64, 64], 0, 1, 'float32', 7);
        const layer = tensorFlow.record('layer', (x) => [tf.softmax(tf.matMul(x, x))]);
        for (let i = 0; i < 50; i++) tf.dispose(layer(x));
        return [...layer(x)[0].dataSync()].join();
      };
      if (isMainThread) {
        const file = new URL(import.meta.url);
        const answer = (worker) => new Promise((resolve, reject) => {
          let value;
          worker.on('message', (message) => { value = message; }).on('error', reject).on('exit', () => resolve(value));
        });
        const start = () => new Worker(file);
        const first = await answer(start()); // before the main thread has opened it
        const answers = await Promise.all([answer(start()), answer(start()), compute()]);
        const getenv = koffi.load(null).func('getenv', 'str', ['str']);
        console.log(JSON.stringify([new Set([first, ...answers]).size, first.length > 0, getenv('NVIDIA_TF32_OVERRIDE')]));
      } else parentPort.postMessage(await compute());
    `;
    const file = `${folder}dist/threads.test.mjs`;
    await writeFile(file, script);
    const { stdout, stderr } = await execa(process.execPath, [file], {
      env: { TF_CPP_MIN_LOG_LEVEL: undefined, NVIDIA_TF32_OVERRIDE: undefined },
    }).finally(() => rm(file));
    expect({ stdout, stderr }).toEqual({ stdout: '[1,true,"0"]', stderr: '' });
  });

  it('keeps its memory flat over 2,000 calls, and over 300 recordings', async () => {
    const { stdout, stderr } = await run(`${opening}
      const calls = tensorFlow.record('layer', layer);
      const call = () => tf.dispose(calls(x));
      const record = () => { const r = tensorFlow.record('layer', layer); tf.dispose(r(x)); tf.dispose(r(x)); r.dispose(); };
      // The least growth of three spells: a leak grows in each, the allocator's own moods do not.
      const spell = (work, rounds) => {
        gc();
        const before = process.memoryUsage.rss();
        for (let i = 0; i < rounds; i++) work();
        gc();
        return (process.memoryUsage.rss() - before) / 2 ** 20;
      };
      const grown = (work, warm, rounds) => {
        for (let i = 0; i < warm; i++) work();
        return Math.min(...[1, 2, 3].map(() => spell(work, rounds)));
      };
      console.log(JSON.stringify([grown(call, 500, 700), grown(record, 100, 100)]));
    `);
    expect(stderr).toBe('');
    const [calls, recordings] = JSON.parse(stdout) as [number, number];
    // MiB. One call's results take 0.1, so a leak of them would be 70.
    expect(calls).toBeLessThan(16);
    expect(recordings).toBeLessThan(16);
  });
});
