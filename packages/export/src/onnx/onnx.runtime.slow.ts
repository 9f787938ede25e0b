import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '@grasp/checkpoint';
import { configOf, loadDecoder } from '@grasp/decoder';
import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxModelNames, onnxTestModel } from '../../test/onnx-models.js';
import { loadInOnnxRuntime, type OnnxModel } from '../../test/onnx-runtime.js';
import { type OnnxType, writeOnnx } from '../index.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'grasp-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Longer than the windows of the fixtures. */
const LENGTH = 16;
const PADDING = 5;

async function exported(model: Checkpoint, type: OnnxType = 'f32'): Promise<OnnxModel> {
  await writeOnnx(model, join(folder, 'model'), { type, overwrite: true });
  return loadInOnnxRuntime(join(folder, 'model'));
}

/** Our logits of a text, and of each step of a greedy continuation with our cache. */
async function ours(model: Checkpoint, text: readonly number[], prompt: number) {
  const decoder = await loadDecoder(model);
  const view = decoder.under();
  const ids = text.slice(0, prompt);
  const steps: Float32Array[] = [];
  const choose = (logits: Float32Array) => {
    steps.push(logits.slice());
    return logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
  };
  const logits = await view.logits({ ids: Int32Array.from(text), shape: [1, text.length] });
  for await (const id of view.generate(Int32Array.from(ids), { maxTokens: LENGTH - prompt, choose }))
    ids.push(id);
  decoder.dispose();
  return { logits, ids, steps };
}

/** The logits of the last token of each piece, read with the cache: the prompt, then one token at a time. */
async function readByStep(onnx: OnnxModel, ids: readonly number[], prompt: number, vocabulary: number) {
  const reader = onnx.reader();
  const steps: Float32Array[] = [(await reader.read(ids.slice(0, prompt))).slice(-vocabulary)];
  for (const id of ids.slice(prompt, -1)) steps.push(await reader.read([id]));
  return steps;
}

const joined = (rows: readonly Float32Array[]) => rows.flatMap((row) => Array.from(row));

/** Compares a model with ours: whole texts, with the cache, and in a batch. `bound` is a share of the largest logit. */
async function compare(model: Checkpoint, type: OnnxType, bound: number): Promise<void> {
  const { vocabSize: V, attention } = configOf(model);
  const rotations = attention.flatMap(({ rotary }) => rotary ?? []);
  const crossings = rotations.flatMap((r) => (r.scaling === 'longrope' ? [r.originalContextLength] : []));
  // From this length on a text has other frequencies. We read it again there, which a cache cannot.
  const crossing = crossings.find((length) => length < LENGTH - 2);
  const prompt = crossing === undefined ? 3 : crossing + 1;
  const growing = rotations.some(({ scaling }) => scaling === 'dynamic' || scaling === 'longrope');
  const same = (actual: ArrayLike<number>, expected: ArrayLike<number>, what: string) =>
    expect(difference(actual, expected).relative, what).toBeLessThan(bound);

  const text = Array.from({ length: LENGTH }, (_, i) => (i * 7 + 3) % V);
  const expected = await ours(model, text, prompt);
  const onnx = await exported(model, type);
  const steps = await readByStep(onnx, expected.ids, prompt, V);
  same(await onnx.logits({ rows: [text] }), expected.logits, 'a text');
  same(joined(steps), joined(expected.steps), 'with the cache');
  if (rotations.every(({ scaling }) => scaling !== 'dynamic')) {
    const whole = await onnx.logits({ rows: [expected.ids.slice(0, -1)] });
    same(joined(steps), whole.slice((prompt - 1) * V), 'without the cache');
  }
  const short = text.slice(0, LENGTH - PADDING);
  const rows = [text, [...new Array<number>(PADDING).fill(0), ...short]];
  const batch = await onnx.logits({ rows, padding: [0, PADDING] });
  same(batch.slice(0, LENGTH * V), expected.logits, 'a row of a batch');
  const padded = batch.slice((LENGTH + PADDING) * V);
  if (!growing) same(padded, expected.logits.slice(0, short.length * V), 'a row with padding');
  await onnx.dispose();
}

describe('a model of each architecture in ONNX Runtime', () => {
  const cases = onnxModelNames.flatMap((name) => [
    { name, layers: 'dense' as const },
    { name, layers: 'uneven' as const },
  ]);
  it.each(cases)('computes what we do: $name, $layers', async ({ name, layers }) => {
    const model = await onnxTestModel(name, layers);
    await compare(model, 'f32', 2e-5); // measured: 2e-6
    await model.close();
  });

  it.each(onnxModelNames.filter((name) => name.endsWith('-plain')))('does in float16: %s', async (name) => {
    const model = await onnxTestModel(name, 'uneven');
    await compare(model, 'f16', 1e-2); // measured: 1.2e-3
    await model.close();
  });
});
