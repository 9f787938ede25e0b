import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { loadDecoder } from '@grasp/decoder';
import { gemma3Path, hasGemma3 } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LlamaCppModel, loadInLlamaCpp } from '../../test/llama-cpp.js';
import { prunedBy } from '../../test/made-up-model.js';
import { writeGguf } from '../index.js';

const TEXT =
  'The library stands where two rivers meet. It was built in 1871, and rebuilt after the flood of 1893. ' +
  'Its reading room holds 240 chairs, each with a lamp of green glass. Visitors from all over the country come to see ' +
  'the maps, of which the oldest shows the coast as sailors knew it before the lighthouse was there.';
/** Text that the tokenizer treats in a way of its own. */
const ODD = 'Hello  world\n\n\n<b>x</b>\ttabs   é漢字🙂 1234 \n \n';

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.skipIf(!hasGemma3)('Gemma 3 270M as llama.cpp quantised it', () => {
  let folder: string;
  let model: Checkpoint;
  let llama: LlamaCppModel;
  let ids: Int32Array;
  beforeAll(async () => {
    await tf.setBackend('wasm');
    folder = await mkdtemp(join(tmpdir(), 'grasp-gemma-'));
    model = await openCheckpoint(gemma3Path);
    llama = await loadInLlamaCpp(gemma3Path, { contextSize: 256 });
    ids = Int32Array.from(await (await loadTokenizer(model)).encode(TEXT));
  });
  afterAll(async () => {
    await Promise.all([llama.dispose(), model.close()]);
    await rm(folder, { recursive: true });
  });

  it('has the same token ids, after BOS', async () => {
    const tokenizer = await loadTokenizer(model);
    for (const text of [TEXT, ODD]) {
      expect(Array.from(await tokenizer.encode(text)).slice(1)).toEqual(llama.tokenize(text));
    }
  });

  it('has nearly the same perplexity, and its greedy tokens but for near ties', async () => {
    const decoder = await loadDecoder(model);
    const ours = mean(await decoder.negLogLikelihood({ ids, shape: [1, ids.length] }));
    const theirs = mean(await llama.negLogLikelihood(ids));
    // llama.cpp rounds the activations to 8 bits before each product with quantised weights. Measured: 0.027.
    expect(Math.abs(theirs - ours), `${Math.exp(ours)}, ${Math.exp(theirs)}`).toBeLessThan(0.06);
    const prompt = await (await loadTokenizer(model)).encode('The capital of France is');
    const continuation = await llama.greedy(prompt, 32);
    const read = Int32Array.from([...prompt, ...continuation]);
    const logits = await decoder.under().logits({ ids: read, shape: [1, read.length] });
    decoder.dispose();
    const size = logits.length / read.length;
    const behind = continuation.map((id, step) => {
      const row = logits.subarray((prompt.length - 1 + step) * size, (prompt.length + step) * size);
      return row.reduce((most, logit) => Math.max(most, logit), -Infinity) - row[id]!;
    });
    // The same rounding decides near ties: measured 29 of 32 tokens equal, the others 0.012, 0.073 and 0.093 behind.
    expect(Math.max(...behind)).toBeLessThan(0.25);
  });

  it('has the same perplexity with layers of different widths, written by us', async () => {
    const view = prunedBy(model, (layer, kind, index) => kind === 'kv' || index < 2048 - 40 * layer);
    const file = join(folder, 'pruned.gguf');
    const summary = await writeGguf(view, file, { type: 'f16' });
    expect(summary.levelled).toBe(true);
    const decoder = await loadDecoder(view);
    const pruned = await loadInLlamaCpp(file, { contextSize: 256 });
    const ours = mean(await decoder.negLogLikelihood({ ids, shape: [1, ids.length] }));
    const theirs = mean(await pruned.negLogLikelihood(ids));
    decoder.dispose();
    expect(pruned.tokenize(ODD)).toEqual(llama.tokenize(ODD));
    await pruned.dispose();
    expect(Math.abs(theirs - ours), `${Math.exp(ours)}, ${Math.exp(theirs)}`).toBeLessThan(0.01);
  });
});
