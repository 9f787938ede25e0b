import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textRows, tokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../engine/open-engine.js';
import { parseSettings } from '../settings/parse.js';
import { openStateFile } from '../state/state-file.js';
import { prune } from './prune.js';
import type { PruneJob } from './prune-job.js';
import { runIdentity } from './run-identity.js';

let folder: string;
let checkpoint: Checkpoint;
let job: Omit<PruneJob, 'folder' | 'settings' | 'engine'>;
/** An engine whose products are NaN while `failing`. */
let engine: Engine;
let failing = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-non-finite-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'model'));
  checkpoint = await openCheckpoint(join(folder, 'model'));
  const tokenizer = await loadTokenizer(checkpoint);
  job = {
    checkpoint,
    gateBlocks: await tokenBlocks(textRows([tinyText]), tokenizer, { length: 32, count: 4 }),
  };
  const sound = await openEngine({ backend: 'wasm' });
  const matMul: Engine['runtime']['matMul'] = (...operands) => {
    const product = sound.runtime.matMul(...operands);
    return failing ? tf.mul(product, Number.NaN) : product;
  };
  engine = { ...sound, runtime: { ...sound.runtime, matMul } };
});
afterAll(async () => {
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

describe('a loss that is not finite', () => {
  it.each([
    ['gates', { gates: { epochs: 2 } }],
    ['scales', { gates: { epochs: 1 } }],
    ['importance', { method: 'grasp+', importance: { rounds: 2, blocksPerRound: 2 } }],
  ])('stops %s, names layer and step, and keeps the state', async (stage, input) => {
    const settings = parseSettings({ text: { length: 32 } }, input);
    const path = join(folder, `${stage}.state`);
    const identity = await runIdentity({ ...job, engine, settings });
    const run = async (failAfter?: number) => {
      const stateFile = await openStateFile(path, identity);
      const out = await mkdtemp(join(folder, 'out-'));
      const steps: number[] = [];
      for await (const event of prune({
        ...job,
        engine,
        settings,
        folder: out,
        stateFile,
        saveEvery: 1000,
      })) {
        if (!('step' in event) || event.stage !== stage) continue;
        steps.push(event.step);
        failing = steps.length === failAfter;
      }
      return steps;
    };
    await expect(run(2)).rejects.toMatchObject({
      code: 'GRASP_NON_FINITE',
      message: expect.stringMatching(
        /^Step 2: The loss is not finite. The first output that is not finite comes from layer 0's attention/,
      ),
    });
    failing = false;
    expect((await run())[0]).toBe(3);
  });
});

describe('a model with weights beyond numbers', () => {
  const changed = (value: number): Checkpoint => ({
    ...checkpoint,
    async read(name) {
      const tensor = await checkpoint.read(name);
      if (name === 'model.layers.1.mlp.up_proj.weight') tensor.data[7] = value;
      return tensor;
    },
  });
  const run = async (subject: Checkpoint) => {
    const settings = parseSettings({ text: { length: 32 }, gates: { epochs: 1 } });
    const out = await mkdtemp(join(folder, 'out-'));
    for await (const _ of prune({ ...job, checkpoint: subject, engine, settings, folder: out }));
  };

  it.each([Number.NaN, Number.NEGATIVE_INFINITY])(
    'is refused by the name of the tensor: %d',
    async (value) => {
      await expect(run(changed(value))).rejects.toMatchObject({
        code: 'GRASP_CHECKPOINT_NON_FINITE',
        tensor: 'model.layers.1.mlp.up_proj.weight',
        index: 7,
      });
    },
  );

  it('is not written, whenever a weight ceases to be a number', async () => {
    const out = await mkdtemp(join(folder, 'out-'));
    let broken = false;
    const subject: Checkpoint = {
      ...checkpoint,
      async read(name) {
        const tensor = await checkpoint.read(name);
        if (broken && name === 'model.layers.1.mlp.down_proj.weight') tensor.data.fill(Number.NaN);
        return tensor;
      },
    };
    const settings = parseSettings({ text: { length: 32 }, gates: { epochs: 1 } });
    const attempt = async () => {
      for await (const { stage } of prune({ ...job, checkpoint: subject, engine, settings, folder: out })) {
        broken ||= stage === 'scales';
      }
    };
    await expect(attempt()).rejects.toMatchObject({ code: 'GRASP_CHECKPOINT_NON_FINITE' });
    expect((await readdir(out)).filter((name) => name.includes('safetensors'))).toEqual([]);
  });

  it('is stopped by the name of the layer where sums overflow', async () => {
    await expect(run(changed(3e38))).rejects.toMatchObject({
      code: 'GRASP_NON_FINITE',
      message: expect.stringMatching(/^Step 0: .* layer 1's FFN/),
    });
  });
});
