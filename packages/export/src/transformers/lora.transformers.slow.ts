import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, it } from 'vitest';
import { logitsOf } from '../../test/gguf-models.js';
import { madeUpModel, masks, prunedBy } from '../../test/made-up-model.js';
import { forTransformers } from '../index.js';

/** The last of the interpreters in GRASP_PYTHON, which has trl. */
const python = (process.env.GRASP_PYTHON ?? '').split(delimiter).filter(Boolean).at(-1);
const script = fileURLToPath(new URL('../../test/python/train_lora.py', import.meta.url));

describe.skipIf(!python)('trl', () => {
  it('trains a LoRA on a pruned folder, which merges into a folder that this project opens', async () => {
    await tf.setBackend('wasm');
    const root = await mkdtemp(join(tmpdir(), 'grasp-lora-'));
    const [folder, out] = [join(root, 'pruned'), join(root, 'merged')];
    const dense = madeUpModel({ model_type: 'llama' });
    await writeCheckpoint(forTransformers(prunedBy(dense, masks['middle layer without attention']!)), folder);
    const { stdout } = await promisify(execFile)(python!, [script, folder, out], {
      env: { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
      maxBuffer: 2 ** 26,
    });
    const result = JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{"losses"'))!);
    expect(result.losses.length).toBe(10);
    expect(result.losses.at(-1)).toBeLessThan(0.8 * result.losses[0]);
    const trained = Float32Array.from(result.trained);
    expect(difference(Float32Array.from(result.merged), trained).relative).toBeLessThan(1e-5);
    expect(difference(Float32Array.from(result.loaded), trained).relative).toBeLessThan(1e-5);
    const merged = await openCheckpoint(out);
    expect(difference(await logitsOf(merged, Int32Array.from(result.ids)), trained).relative).toBeLessThan(
      1e-5,
    );
    await merged.close();
    await rm(root, { recursive: true });
  });
});
