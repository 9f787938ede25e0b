import { random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { countingRuntime, executedOperations } from '../../test/count-operations.js';
import type { Decoder } from '../decoder.js';
import type { DecoderView } from '../decoder-view.js';
import { loadDecoder } from '../load-decoder.js';
import { initialLora } from '../recovery/lora-parameters.js';
import { type DecoderPass, decoderCost } from './decoder-cost.js';
import { totalAmount } from './layer-cost.js';

const shape = {
  hidden_size: 24,
  intermediate_size: 72,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 8,
  num_hidden_layers: 2,
  vocab_size: 61,
  tie_word_embeddings: true,
};
const models: [string, TinyConfig][] = [
  ['llama', { ...shape, model_type: 'llama' }],
  ['llama, untied', { ...shape, model_type: 'llama', tie_word_embeddings: false, num_key_value_heads: 6 }],
  ['qwen3', { ...shape, model_type: 'qwen3', head_dim: 10 }],
];
const RANK = 3;
const SEED = 5;

/** The passes of a decoder: the cost's options, and the call that runs it. */
const passes: [
  string,
  Pick<DecoderPass, 'pass' | 'pruned' | 'norms' | 'rank'>,
  (decoder: Decoder, batch: ReturnType<typeof randomTokens>, mask: Uint8Array) => Promise<unknown>,
][] = [
  [
    'gate step',
    { pass: 'step', pruned: true },
    (decoder, batch, mask) => decoder.lossAndGateGradients(batch, Float32Array.from(mask)),
  ],
  [
    'step on kept units',
    { pass: 'step' },
    (decoder, batch, mask) => decoder.lossAndGateGradients(batch, Float32Array.from(mask), { units: 'kept' }),
  ],
  [
    'step with norms',
    { pass: 'step', norms: true },
    (decoder, batch, mask) =>
      decoder
        .under({ gates: Float32Array.from(mask), norms: ones(decoder) })
        .lossAndGradients(batch, ['gates', 'norms'], { units: 'kept' }),
  ],
  [
    'step with norms and LoRA',
    { pass: 'step', norms: true, rank: RANK },
    (decoder, batch, mask) =>
      withLora(decoder, mask).lossAndGradients(batch, ['gates', 'norms', 'lora'], { units: 'kept' }),
  ],
  [
    'likelihood',
    { pass: 'likelihood' },
    (decoder, batch, mask) => decoder.under({ gates: Float32Array.from(mask) }).negLogLikelihood(batch),
  ],
  [
    'likelihood with LoRA',
    { pass: 'likelihood', rank: RANK },
    (decoder, batch, mask) => withLora(decoder, mask).negLogLikelihood(batch),
  ],
];

/** The decoder under a mask, with norm scales and LoRA. */
function withLora(decoder: Decoder, mask: Uint8Array): DecoderView {
  const lora = initialLora(decoder.config, mask, RANK, random(SEED));
  return decoder.under({ gates: Float32Array.from(mask), norms: ones(decoder), lora });
}

/** The scales of all norms. */
function ones({ config }: Decoder): Float32Array {
  return new Float32Array((2 * config.layers.length + 1) * config.hiddenSize).fill(1);
}

function randomMask(size: number, keep: number): Uint8Array {
  const next = random(SEED);
  return Uint8Array.from({ length: size }, () => (next() < keep ? 1 : 0));
}

/** The decoder multiplies up to 256 queries at once. */
const QUERY_BLOCK = 256;

beforeAll(() => tf.setBackend('wasm'));

describe.each(models)('operations of %s', (_name, config) => {
  const checkpoint = randomCheckpoint({ ...config, max_position_embeddings: 512 }, 7);

  describe.each([1, 0.5, 0.1])('at keep %s', (keep) => {
    it.each(passes)('equal those of a %s', async (_pass, options, run) => {
      const { runtime, counted } = countingRuntime();
      const decoder = await loadDecoder(checkpoint, { runtime });
      const mask = randomMask(decoder.layout.size, keep);
      const [rows, length] = [2, 18];
      const batch = randomTokens(rows, length, config.vocab_size, 3);
      const executed = await executedOperations(() => run(decoder, batch, mask));
      const { operations } = decoderCost(decoder.config, mask, {
        ...options,
        tokens: rows * (length - 1),
        length: length - 1,
        queryBlock: QUERY_BLOCK,
      });
      const { 'kv.scores': scores = 0, 'kv.mixing': mixing = 0, ...matrices } = operations;
      expect(counted.operations).toBe(totalAmount(matrices));
      expect(executed).toBe(totalAmount(matrices) + scores + mixing);
      expect(scores).toBeGreaterThan(0);
      decoder.dispose();
    });
  });

  it('equal those of rows that are longer than a block of queries', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = randomMask(decoder.layout.size, 0.5);
    const executed = await executedOperations(() =>
      decoder.lossAndGateGradients(randomTokens(1, 301, config.vocab_size, 3), Float32Array.from(mask)),
    );
    const { operations } = decoderCost(decoder.config, mask, {
      pass: 'step',
      pruned: true,
      tokens: 300,
      length: 300,
      queryBlock: QUERY_BLOCK,
    });
    expect(executed).toBe(totalAmount(operations));
    decoder.dispose();
  });

  it('equal those of the teacher', async () => {
    const decoder = await loadDecoder(checkpoint);
    const batch = randomTokens(3, 9, config.vocab_size, 3);
    const executed = await executedOperations(() => decoder.under().teacherRows(batch));
    const pass = { pass: 'teacher', tokens: 24, length: 8, queryBlock: QUERY_BLOCK } as const;
    expect(executed).toBe(totalAmount(decoderCost(decoder.config, 1, pass).operations));
    decoder.dispose();
  });
});
