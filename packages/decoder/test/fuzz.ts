import { applyJsonEdit, type Json, jsonEdits } from '@grasp/testing/fuzz';
import fc from 'fast-check';
import { expect } from 'vitest';
import { kvCacheBytesPerToken, parameterCounts } from '../src/costs/parameter-counts.js';
import { rotaryFrequencies } from '../src/math/rotary-frequencies.js';
import { decoderConfig } from '../src/spec/config.js';
import { decoderLayout, prunedConfig, unitSlices } from '../src/spec/units.js';
import { checkWeights, expectedTensors } from '../src/weights/expected-tensors.js';

const values: readonly Json[] = [
  ...[null, true, 0, 1, 2, 3, -1, 1.5, 2 ** 24, 2 ** 31, 2 ** 53, 1e308, '', 'llama', 'qwen3', 'gelu'],
  ...['default', 'linear', 'llama3', 'yarn', '__proto__', 'constructor', [], {}, [1, 2], ['1']],
];

const sizes = { hidden_size: 16, intermediate_size: 24, num_attention_heads: 4, num_key_value_heads: 2 };
const small = { ...sizes, num_hidden_layers: 2, vocab_size: 31, max_position_embeddings: 64 };
const widths = (intermediate_size: number, num_key_value_heads: number) => ({
  intermediate_size,
  num_attention_heads: 2 * num_key_value_heads,
  num_key_value_heads,
});

const seeds: readonly Json[] = [
  {
    ...small,
    model_type: 'llama',
    rope_theta: 5e5,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 32,
    },
  },
  { ...small, model_type: 'mistral', sliding_window: 32, rms_norm_eps: 1e-5, tie_word_embeddings: true },
  { ...small, model_type: 'qwen3', head_dim: 6, rope_parameters: { rope_type: 'linear', factor: 2 } },
  {
    ...small,
    model_type: 'pruned_llama',
    base_model_type: 'llama',
    head_dim: 4,
    layer_shapes: [widths(5, 1), widths(0, 0)],
  },
];

/** Changed configs: each is refused by a typed error, or describes a model that can be. */
export function fuzzConfigs(runs: number, seed?: number): void {
  fc.assert(
    fc.property(fc.constantFrom(...seeds), jsonEdits(values), (base, edits) => {
      const raw = structuredClone(base) as Record<string, unknown>;
      for (const change of edits) applyJsonEdit(raw as Json, change, seeds);
      let config: ReturnType<typeof decoderConfig>;
      try {
        config = decoderConfig(raw);
      } catch (error) {
        expect(error).toMatchObject({
          code: expect.stringMatching(/^GRASP_(UNSUPPORTED_MODEL|MODEL_CONFIG)$/),
        });
        return;
      }
      const { hiddenSize, headDim, queriesPerKvHead, vocabSize, contextLength, layers } = config;
      for (const size of [hiddenSize, headDim, queriesPerKvHead, vocabSize, contextLength, layers.length]) {
        expect(Number.isSafeInteger(size) && size > 0).toBe(true);
      }
      const { total } = parameterCounts(config);
      expect(Number.isFinite(total + kvCacheBytesPerToken(config))).toBe(true);
      expect(() => checkWeights({ source: 'none', tensors: new Map() }, config)).toThrow('is missing');
      expect([...expectedTensors(config)].length).toBeLessThan(20 * layers.length + 4);
      const layout = decoderLayout(config);
      if (headDim > 2 ** 12 || layout.size > 2 ** 12) return; // what follows is done only once the weights fit
      expect([...rotaryFrequencies(config.attention[0]!.rotary!)].every(Number.isFinite)).toBe(true);
      unitSlices(config);
      decoderConfig(prunedConfig(raw, config, new Uint8Array(layout.size).fill(1)));
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
}
