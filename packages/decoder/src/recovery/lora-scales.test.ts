import { type Checkpoint, toFloat32 } from '@grasp/checkpoint';
import { random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDecoder } from '../load-decoder.js';
import { initialLora } from './lora-parameters.js';

const config: TinyConfig = {
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 2,
  vocab_size: 50,
  tie_word_embeddings: true,
};
const RANK = 2;
const checkpoint = randomCheckpoint(config, 3);

/** The same function of its text: what the first norm of each FFN loses, the matrices behind it have. */
const moved = (factor: number): Checkpoint => ({
  ...checkpoint,
  async read(name) {
    const tensor = await checkpoint.read(name);
    const by = /post_attention_layernorm/.test(name)
      ? 1 / factor
      : /gate_proj|up_proj/.test(name)
        ? factor
        : 1;
    return by === 1 ? tensor : { ...tensor, dtype: 'F32', data: toFloat32(tensor).map((x) => x * by) };
  },
});

async function scalesOf(model: Checkpoint, keep: number) {
  const decoder = await loadDecoder(model);
  const next = random(5);
  const mask = Uint8Array.from({ length: decoder.layout.size }, () => (next() < keep ? 1 : 0));
  const { numTensors } = tf.memory();
  const scales = await decoder.loraScales(mask, RANK);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(scales).toHaveLength(initialLora(decoder.config, mask, RANK, next).length);
  decoder.dispose();
  return scales;
}

describe('loraScales', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
  });

  it('are the roots of the size of each matrix, in the order of the factors', async () => {
    const scales = await scalesOf(checkpoint, 1);
    const expected: number[] = [];
    for (const layer of [0, 1]) {
      const matrix = async (...names: string[]) => {
        const parts = await Promise.all(
          names.map(async (name) => [
            ...toFloat32(await checkpoint.read(`model.layers.${layer}.${name}.weight`)),
          ]),
        );
        const all = parts.flat();
        return Math.sqrt(all.reduce((sum, x) => sum + x * x, 0) / all.length);
      };
      const add = (size: number, n: number, m: number) =>
        expected.push(...Array<number>(RANK * (n + m)).fill(Math.sqrt(size * Math.sqrt(n))));
      add(await matrix('self_attn.q_proj', 'self_attn.k_proj'), 16, 24);
      add(await matrix('self_attn.v_proj'), 16, 8);
      add(await matrix('self_attn.o_proj'), 16, 16);
      add(await matrix('mlp.gate_proj'), 16, 24);
      add(await matrix('mlp.up_proj'), 16, 24);
      add(await matrix('mlp.down_proj'), 24, 16);
    }
    expect(scales).toHaveLength(expected.length);
    scales.forEach((scale, i) => {
      expect(scale / expected[i]!).toBeCloseTo(1, 4);
    });
  });

  it('follow weights that another factor of the norms makes larger', async () => {
    const [plain, larger] = [await scalesOf(checkpoint, 0.6), await scalesOf(moved(16), 0.6)];
    const ratios = new Set(
      larger.map((scale, i) => scale / plain[i]!).map((ratio) => Math.round(100 * ratio) / 100),
    );
    expect(ratios).toEqual(new Set([1, 4]));
  });

  it('do not depend on what was asked before, to the last bit', async () => {
    const decoder = await loadDecoder(checkpoint);
    const all = new Uint8Array(decoder.layout.size).fill(1);
    const fresh = await decoder.loraScales(all, RANK);
    const gates = Float32Array.from(all, (_, unit) => ((unit * 7) % 3 > 0 ? 1 : 0));
    await decoder.under({ gates }).negLogLikelihood(randomTokens(1, 8, 50, 2));
    expect(await decoder.loraScales(all, RANK)).toEqual(fresh);
    decoder.dispose();
  });
});
