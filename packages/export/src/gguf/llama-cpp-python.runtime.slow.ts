import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOf } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keep, masks, prunedBy } from '../../test/made-up-model.js';
import { expectSameAs, serve } from '../../test/served.js';
import { servedModel, servedModelNames } from '../../test/served-models.js';
import { writeGguf } from '../index.js';

/**
 * A Python interpreter with xllamacpp. No binding with wheels for older systems gives logits; its server, which is that of
 * llama.cpp, gives the log-probabilities of all tokens of a small vocabulary.
 */
const python = process.env.GRASP_LLAMA_CPP_PYTHON;

/** Layers that differ, of which the second has no attention and the third no FFN. */
const uneven: Keep = (layer, kind, ...rest) =>
  !(layer === 1 && kind === 'kv') &&
  !(layer === 2 && kind === 'ffn') &&
  masks['about half']!(layer, kind, ...rest);

/** Families of which llama.cpp has windows. Files of others are for texts within the window. */
const HAS_WINDOWS = /^(gemma|olmo3)/;

/** llama.cpp rounds the activation function of Gemma to float16. Others: as in vLLM. */
const toleranceFor = (name: string) => (name.startsWith('gemma') ? 2e-2 : 1e-3);

describe.skipIf(!python)('llama.cpp in Python, from GRASP_LLAMA_CPP_PYTHON', () => {
  let root: string;
  beforeAll(async () => {
    await tf.setBackend('wasm');
    root = await mkdtemp(join(tmpdir(), 'grasp-llama-cpp-python-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it('serves a GGUF file of every family, as this project computes it', async () => {
    const cases = servedModelNames.map((name, index) => {
      const dense = servedModel(name, HAS_WINDOWS.test(name));
      const fixed = configOf(dense).biases.some((bias) => bias === 'o' || bias === 'down');
      const model = prunedBy(dense, fixed ? masks['about half']! : uneven);
      return { name, model, file: join(root, `${index}-${name.replaceAll(/\W+/g, '-')}.gguf`) };
    });
    for (const { model, file } of cases) await writeGguf(model, file, { type: 'f32' });
    const results = await serve(
      python!,
      'serve_llama_cpp.py',
      cases.map(({ file, model }) => ({ folder: file, vocabulary: configOf(model).vocabSize })),
    );
    expect(results).toHaveLength(cases.length);
    for (const [index, result] of results.entries()) {
      const { name, model } = cases[index]!;
      await expectSameAs(model, result, toleranceFor(name));
    }
  });
});
