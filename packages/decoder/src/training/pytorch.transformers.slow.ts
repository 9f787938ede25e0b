import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openSafetensors } from '@grasp/checkpoint';
import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architectureFixture, fixtureFolder, fixtureNames } from '../../test/architecture-fixtures.js';
import { gradientsOf } from '../../test/weight-gradients.js';
import { architectures } from '../spec/architectures/index.js';
import { openDecoderCheckpoint } from '../spec/decoder-checkpoint.js';
import { fusedCheckpoint } from '../weights/fused-tensors.js';

/** The newest of the interpreters with torch and transformers. */
const python = (process.env.GRASP_PYTHON ?? '').split(delimiter).filter(Boolean).at(-1);
const required = process.env.GRASP_REQUIRE_PYTHON === '1';
const script = fileURLToPath(new URL('../../test/python/weight_gradients.py', import.meta.url));

const names = architectures.flatMap(({ modelType }) =>
  fixtureNames.filter((name) => name.split('-')[0] === modelType).slice(0, 2),
);

/** The name of a tensor of a text model in one with images too. */
const nested = (name: string) => name.replace(/^model\./, 'model.language_model.');

describe.skipIf(python === undefined && !required)('weight gradients are those of PyTorch', () => {
  let folder: string;
  const out = (name: string) => join(folder, `${name}.safetensors`);

  beforeAll(async () => {
    await tf.setBackend('wasm');
    folder = await mkdtemp(join(tmpdir(), 'grasp-gradients-'));
    const jobs: object[] = [];
    for (const name of names) {
      const { checkpoint, batch } = await architectureFixture(name);
      const [rows, length] = batch.shape;
      const ids = Array.from({ length: rows }, (_, row) => [
        ...batch.ids.subarray(row * length, (row + 1) * length),
      ]);
      jobs.push({ folder: fixtureFolder(name), ids, out: out(name) });
      await checkpoint.close();
    }
    await writeFile(join(folder, 'jobs.json'), JSON.stringify(jobs));
    await promisify(execFile)(python!, [script, join(folder, 'jobs.json')]);
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true }));

  it.each(names)('%s', async (name) => {
    const { checkpoint, batch } = await architectureFixture(name);
    const expected = await openSafetensors(out(name));
    const model = await openDecoderCheckpoint(checkpoint);
    const own = fusedCheckpoint(await gradientsOf(model, batch), model.decoder);
    for (const tensor of own.tensors.keys()) {
      const stored = expected.tensors.has(tensor) ? tensor : nested(tensor);
      const gradient = (await expected.read(stored)).data as Float32Array;
      const { data } = await own.read(tensor);
      expect(difference(data as Float32Array, gradient).relative, tensor).toBeLessThan(1e-4);
    }
    await expected.close();
    await checkpoint.close();
  });
});
