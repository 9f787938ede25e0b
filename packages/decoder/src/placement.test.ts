import type { OutputProblem } from '@grasp/fold';
import { randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-wasm';
import { loadDecoder } from './load-decoder.js';
import { eagerRuntime, type Runtime, type Scope } from './runtime/runtime.js';

const config: TinyConfig = {
  model_type: 'qwen3',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  num_hidden_layers: 3,
  vocab_size: 61,
  tie_word_embeddings: true,
};

beforeAll(() => tf.setBackend('wasm'));

describe('a decoder on several devices', () => {
  const checkpoint = randomCheckpoint(config, 31);
  const batch = randomTokens(2, 20, config.vocab_size, 32);

  /** A runtime that notes which layer's scope each recorded function runs in. */
  function watched() {
    let current: number | undefined;
    const ran: string[] = [];
    let asked: readonly number[] = [];
    const scopeOf =
      (layer: number): Scope =>
      (work) => {
        const outer = current;
        current = layer;
        try {
          return work();
        } finally {
          current = outer;
        }
      };
    const runtime: Runtime = {
      ...eagerRuntime,
      record: (name, fn) => {
        const run = eagerRuntime.record(name, fn);
        return (...inputs) => {
          ran.push(`${name} ${current ?? '-'}`);
          return run(...inputs);
        };
      },
      placement: (bytes) => {
        asked = bytes;
        return bytes.map((_, layer) => scopeOf(layer));
      },
    };
    return { runtime, take: () => ran.splice(0), asked: () => asked };
  }

  it('runs each layer in its own scope, the head outside, and computes the same', async () => {
    const { runtime, take, asked } = watched();
    const plain = await loadDecoder(checkpoint);
    const placed = await loadDecoder(checkpoint, { runtime });
    const perLayer = 4 * (3 * 16 * 24 + 6 * 8 * 16); // float32
    expect(asked()).toEqual([perLayer, perLayer, perLayer]);

    const gates = Float32Array.from({ length: plain.layout.size }, (_, i) => i % 2);
    expect(await placed.lossAndGateGradients(batch, gates)).toEqual(
      await plain.lossAndGateGradients(batch, gates),
    );
    const outside = ['final-norm -', 'head-gradient -', 'cross-entropy -', 'final-norm-gradient -'];
    expect(take()).toEqual([
      ...[0, 1, 2].flatMap((layer) => [`attention-saving ${layer}`, `feed-forward-saving ${layer}`]),
      ...outside,
      ...[2, 1].flatMap((layer) => [`feed-forward-gradient ${layer}`, `attention-gradient ${layer}`]),
      'feed-forward-gradient 0',
      'attention-gradient-first-layer 0',
    ]);

    for await (const _ of placed.under().generate(Int32Array.of(1, 2), { maxTokens: 2 }));
    expect(take()).toContain('feed-forward 2');

    const mask = Uint8Array.from({ length: plain.layout.size }, (_, i) => i % 2);
    const solve = ({ weights }: OutputProblem) => weights;
    const walk = placed.refit([batch], mask, { compensation: 0, teacherBatches: 0, solve });
    await walk.next();
    expect(take()).toEqual(['attention-mixed 0', 'refit-sums 0', 'refit-output 0']);
    await walk.return();
    placed.dispose();
    plain.dispose();
  });
});
