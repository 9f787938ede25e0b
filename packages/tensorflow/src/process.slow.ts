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
