import { describe, expect, it } from 'vitest';
import { parameterCounts } from '../costs/parameter-counts.js';
import { ModelConfigError, UnsupportedModelError } from '../errors.js';
import { rotaryFrequencies } from '../math/rotary-frequencies.js';
import { type DecoderConfig, decoderConfig } from './config.js';
import { decoderLayout, prunedConfig } from './units.js';

/** SmolLM2-135M's config.json. */
const smollm2 = {
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  num_hidden_layers: 30,
  vocab_size: 49152,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100000,
  tie_word_embeddings: true,
};

const rotaryOf = ({ attention }: DecoderConfig) => attention[0]!.rotary!;

describe('decoderConfig', () => {
  it('reads a dense model', () => {
    const config = decoderConfig(smollm2);
    expect(config).toMatchObject({ headDim: 64, queriesPerKvHead: 3, contextLength: 8192, tiedHead: true });
    expect(config.layers).toEqual(Array.from({ length: 30 }, () => ({ channels: 1536, kvHeads: 3 })));
    // 134.5 million is what the model's card says.
    expect(parameterCounts(config).total).toBe(134_515_008);
  });

  it('reads the newer spelling of rope settings', () => {
    const { rope_theta, ...rest } = smollm2;
    const config = decoderConfig({ ...rest, rope_parameters: { rope_type: 'default', rope_theta } });
    expect(rotaryOf(config)).toMatchObject({ theta: 100000, scaling: 'none' });
  });

  it.each([
    [
      { rope_theta: 1, rope_parameters: { rope_theta: 2 } },
      { theta: 2, scaling: 'none' },
    ],
    [
      { rope_theta: 1, rope_parameters: { rope_type: 'default' } },
      { theta: 1, scaling: 'none' },
    ],
    [
      { rope_scaling: { type: 'linear', factor: 2 }, rope_parameters: { rope_theta: 2 } },
      { theta: 100000, scaling: 'linear', factor: 2 },
    ],
    [
      { rope_scaling: {}, rope_parameters: { rope_theta: 2 } },
      { theta: 2, scaling: 'none' },
    ],
    [
      { rope_scaling: { rope_theta: 3, rope_type: 'default' }, rope_parameters: { rope_theta: 2 } },
      { theta: 3, scaling: 'none' },
    ],
  ])('reads %j in the order of transformers 5', (fields, expected) => {
    expect(rotaryOf(decoderConfig({ ...smollm2, ...fields }))).toMatchObject(expected);
  });

  it.each(['llama', 'qwen3', 'exaone4'])(
    'refuses settings by layer type in %s, whose layers share one',
    (model_type) => {
      const rope_parameters = {
        sliding_attention: { rope_theta: 6 },
        full_attention: { rope_theta: 5, rope_type: 'linear', factor: 2 },
      };
      expect(() => decoderConfig({ ...smollm2, model_type, rope_parameters })).toThrow(
        /"rope_parameters" by layer type are not supported/,
      );
    },
  );

  it('adds flat settings to those of full attention, where both stand', () => {
    const sliding_attention = { rope_theta: 6, rope_type: 'linear', factor: 4 };
    const { attention } = decoderConfig({
      ...smollm2,
      model_type: 'gemma3_text',
      rope_scaling: { rope_type: 'linear', factor: 2 },
      rope_parameters: { sliding_attention, full_attention: { rope_theta: 5 } },
    });
    expect(attention[5]!.rotary).toMatchObject({ theta: 5, scaling: 'linear', factor: 2 });
    expect(attention[0]!.rotary).toMatchObject({ theta: 6, scaling: 'linear', factor: 4 });
  });

  // rope_theta, rope_local_base_freq, rope_parameters, then bases of full and sliding layers: transformers 5.24.
  const nested = { sliding_attention: { rope_type: 'linear', factor: 2 } };
  it.each([
    ['gemma3_text', 7, 9, undefined, 7, 9],
    ['gemma3_text', 7, 9, nested, 7, 9],
    ['gemma3_text', 7, undefined, nested, 7, 10_000],
    ['gemma3_text', undefined, 9, { full_attention: { rope_theta: 5 }, sliding_attention: null }, 5, 9],
    ['gemma3_text', 7, 9, { rope_type: 'linear', factor: 2, rope_theta: 3 }, 7, 9],
    ['gemma3_text', 7, 9, { rope_type: 'linear', factor: 2, full_attention: { rope_theta: 5 } }, 5, 9],
    ['olmo3', 7, undefined, nested, 7, 500_000],
    ['olmo3', 7, undefined, undefined, 7, 7],
    ['olmo3', undefined, undefined, { full_attention: { rope_theta: 5 } }, 5, 500_000],
  ])(
    'reads the bases by layer type of %s',
    (model_type, rope_theta, rope_local_base_freq, rope_parameters, full, sliding) => {
      const stated = { rope_theta, rope_local_base_freq, rope_parameters };
      const given = Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
      const { attention } = decoderConfig({ model_type, num_hidden_layers: 12, ...given });
      expect(attention.at(-1)!.rotary).toMatchObject({ theta: full, scaling: 'none' });
      expect(attention[0]!.rotary!.theta).toBe(sliding);
    },
  );

  it.each([
    ['llama', {}],
    ['smollm3', {}], // every fourth layer has no rotation
    ['olmo3', { sliding_window: 8 }], // three of four layers have a window, and their own rotation
  ])('the context of a %s grows with a dynamic rotary base', (model_type, more) => {
    const scaled = {
      rope_scaling: { rope_type: 'dynamic', factor: 2 },
      max_position_embeddings: 100,
      ...more,
    };
    expect(decoderConfig({ model_type, num_hidden_layers: 8, ...scaled }).contextLength).toBe(200);
  });

  it('reads no length of training from beside settings by layer type', () => {
    const yarn = { rope_type: 'yarn', factor: 4 };
    const raw = { model_type: 'gemma3_text', original_max_position_embeddings: 8, rope_scaling: yarn };
    expect(decoderConfig(raw).attention[5]!.rotary).toMatchObject({ originalContextLength: 131_072 });
  });

  it('reads one length of training for the rotation and the growth of queries', () => {
    const rope_parameters = {
      rope_type: 'yarn',
      factor: 4,
      original_max_position_embeddings: 8,
      llama_4_scaling_beta: 1,
    };
    const raw = { model_type: 'ministral3', original_max_position_embeddings: 4, rope_parameters };
    expect(rotaryOf(decoderConfig(raw))).toMatchObject({
      originalContextLength: 4,
      queryScale: { contextLength: 4 },
    });
  });

  it('has one frequency more than half of an odd number of rotated entries', () => {
    const config = decoderConfig({
      model_type: 'glm4',
      head_dim: 10,
      num_attention_heads: 4,
      hidden_size: 16,
    });
    expect([...rotaryFrequencies(rotaryOf(config))]).toEqual([0, 2, 4].map((i) => 10_000 ** (-i / 5)));
  });

  it('caps no logits of a language model that reads images', () => {
    const text = { final_logit_softcapping: 3 };
    expect(decoderConfig({ model_type: 'gemma3_text', ...text }).logitCap).toBe(3);
    expect(decoderConfig({ model_type: 'gemma3', text_config: text }).logitCap).toBeUndefined();
  });

  it('takes a mistral with kinds of layers for a ministral, as transformers does', () => {
    const types = ['sliding_attention', 'full_attention', 'attention'];
    const raw = { model_type: 'mistral', num_hidden_layers: 3, sliding_window: 5, head_dim: 8 };
    const windows = (more: object) =>
      decoderConfig({ ...raw, ...more }).attention.map(({ window }) => window);
    expect(windows({ layer_types: types })).toEqual([5, undefined, undefined]);
    expect(decoderConfig({ ...raw, layer_types: types }).architecture.modelType).toBe('ministral');
    expect(windows({ layer_types: null })).toEqual([5, 5, 5]);
  });

  it.each([
    [undefined, undefined, true],
    [true, false, true], // transformers 5 saves this of a tied model
    [undefined, false, true],
    [false, undefined, true], // the head that is stored tells
    [false, false, false],
  ])(
    'ties the head of a language model that reads images by both configs: %s and %s',
    (outer, inner, tied) => {
      const config = decoderConfig({
        model_type: 'gemma3',
        ...(outer === undefined ? {} : { tie_word_embeddings: outer }),
        text_config: inner === undefined ? {} : { tie_word_embeddings: inner },
      });
      expect(config.tiedHead).toBe(tied);
    },
  );

  it('fills in the length of training of a ministral3 for the rope types that transformers does', () => {
    const raw = { model_type: 'ministral3', max_position_embeddings: 64 };
    const scaled = { factor: 4, low_freq_factor: 1, high_freq_factor: 4, llama_4_scaling_beta: 0 };
    const queryScale = (rope_type: string) =>
      rotaryOf(decoderConfig({ ...raw, rope_parameters: { rope_type, ...scaled } })).queryScale;
    expect(queryScale('yarn')).toEqual({ beta: 0, contextLength: 64 });
    expect(queryScale('llama3')).toEqual({ beta: 0, contextLength: 64 });
    expect(() => queryScale('linear')).toThrow('original_max_position_embeddings');
  });

  it.each([
    [undefined, true],
    [true, true],
    [false, false],
    [null, false],
    [0, false],
  ])('reads a truncate of %s in YaRN as Python does', (truncate, expected) => {
    const rope_scaling = { rope_type: 'yarn', factor: 4, ...(truncate === undefined ? {} : { truncate }) };
    expect(rotaryOf(decoderConfig({ ...smollm2, rope_scaling }))).toMatchObject({ truncate: expected });
  });

  it('takes any weights of YaRN’s factor on scores but 0', () => {
    const yarn = { rope_type: 'yarn', factor: 4 };
    const factor = (mscale: number, mscale_all_dim: number) =>
      rotaryOf(decoderConfig({ ...smollm2, rope_scaling: { ...yarn, mscale, mscale_all_dim } }))
        .attentionFactor;
    const scale = (weight: number) => 0.1 * weight * Math.log(4) + 1;
    expect(factor(-1, 2)).toBeCloseTo(scale(-1) / scale(2), 12);
    expect(factor(0, 2)).toBeCloseTo(scale(1), 12);
  });

  it('rotates the whole head of a glm4 whose share is null', () => {
    const glm4 = { model_type: 'glm4', head_dim: 8, num_attention_heads: 4, hidden_size: 32 };
    expect(rotaryOf(decoderConfig(glm4)).dims).toBe(4);
    expect(rotaryOf(decoderConfig({ ...glm4, partial_rotary_factor: null })).dims).toBe(8);
  });

  it('reads lists of layers with rotation that are longer than the model', () => {
    const { attention } = decoderConfig({
      model_type: 'smollm3',
      num_hidden_layers: 2,
      no_rope_layers: [0, 1, 0],
    });
    expect(attention.map(({ rotary }) => rotary !== undefined)).toEqual([false, true]);
  });

  // The defaults of the config classes of transformers 5.24 (4.57 has the same ones).
  it.each([
    [
      'llama',
      { hiddenSize: 4096, headDim: 128, queriesPerKvHead: 1, vocabSize: 32000, contextLength: 2048 },
      11008,
    ],
    [
      'mistral',
      { hiddenSize: 4096, headDim: 128, queriesPerKvHead: 4, vocabSize: 32000, contextLength: 131072 },
      14336,
    ],
    [
      'qwen2',
      { hiddenSize: 4096, headDim: 128, queriesPerKvHead: 1, vocabSize: 151936, contextLength: 32768 },
      22016,
    ],
    [
      'qwen3',
      { hiddenSize: 4096, headDim: 128, queriesPerKvHead: 1, vocabSize: 151936, contextLength: 32768 },
      22016,
    ],
  ])(
    'fills in what a config.json of %s leaves out as transformers does',
    (model_type, expected, channels) => {
      const config = decoderConfig({ model_type });
      expect(config).toMatchObject({
        ...expected,
        normEpsilon: 1e-6,
        tiedHead: false,
        biases: model_type === 'qwen2' ? ['q', 'k', 'v'] : [],
      });
      expect(config.layers).toHaveLength(32);
      expect(config.layers[0]!.channels).toBe(channels);
      expect(rotaryOf(config)).toMatchObject({ theta: 10000, scaling: 'none' });
    },
  );

  it.each([
    [{ model_type: 'mistral' }, 4096],
    [{ model_type: 'mistral', sliding_window: null }, undefined],
    [{ model_type: 'mistral', num_key_value_heads: null, sliding_window: 100 }, 100],
    [{ model_type: 'qwen2', use_sliding_window: true }, 4096],
    [{ model_type: 'qwen2', use_sliding_window: true, sliding_window: null }, undefined],
    [{ model_type: 'qwen2', use_sliding_window: true, max_window_layers: 32 }, undefined],
    [{ model_type: 'qwen3', use_sliding_window: true, num_hidden_layers: 28 }, undefined],
    [
      { model_type: 'qwen3', use_sliding_window: true, layer_types: Array(32).fill('full_attention') },
      undefined,
    ],
    [{ model_type: 'qwen3', sliding_window: 50 }, undefined],
  ])('the last layer of %j has a window of %s', (raw, window) => {
    const { attention, contextLength } = decoderConfig(raw);
    expect(attention.at(-1)!.window).toBe(window);
    expect(contextLength).toBeGreaterThan(4096);
  });

  it('takes the head size of qwen3 from its own default', () => {
    const small = { hidden_size: 1024, num_attention_heads: 16, num_key_value_heads: 8 };
    expect(decoderConfig({ model_type: 'qwen3', ...small }).headDim).toBe(128);
    expect(decoderConfig({ model_type: 'qwen2', ...small }).headDim).toBe(64);
  });

  it.each([
    [{ model_type: 'gpt2' }, 'model_type "gpt2", which is not supported. Supported: llama, mistral'],
    [
      { model_type: 'qwen3_moe' },
      '"qwen3_moe", a mixture of experts, which is not supported. Supported: llama',
    ],
    [{ model_type: 'foo', num_local_experts: 8 }, 'a mixture of experts'],
    [{ model_type: 't5', is_encoder_decoder: true }, 'an encoder-decoder model'],
    [{ model_type: 'qwen3_next' }, 'linear attention or a state space'],
    [{ hidden_act: 'tanh' }, '"hidden_act" "tanh" is not supported. Supported: silu'],
    [{ is_causal: false }, '"is_causal" is false, so tokens see those after them'],
    [
      { model_type: 'gemma3_text', use_bidirectional_attention: true },
      '"use_bidirectional_attention" is true, so tokens see',
    ],
    [{ rope_scaling: { rope_type: 'other', factor: 4 } }, 'rope type "other"'],
    [{ partial_rotary_factor: 0.5 }, 'partial rotary embedding'],
    [
      { model_type: 'qwen3', layer_types: Array(30).fill('chunked_attention') },
      '"layer_types[0]" is "chunked',
    ],
    [{ quantization_config: { bits: 4 } }, 'quantised'],
  ])('refuses %j by name', (change, message) => {
    expect(() => decoderConfig({ ...smollm2, ...change })).toThrow(UnsupportedModelError);
    expect(() => decoderConfig({ ...smollm2, ...change })).toThrow(message);
  });

  it.each([
    [{ hidden_size: null }, '"hidden_size" must be a positive integer'],
    [{ num_key_value_heads: 4 }, '9 attention heads do not divide into 4 KV heads'],
    [{ rms_norm_eps: 0 }, '"rms_norm_eps" must be a positive number'],
    [{ rms_norm_eps: Number.POSITIVE_INFINITY }, '"rms_norm_eps" must be a positive number'],
    [{ num_hidden_layers: 1e9 }, '"num_hidden_layers" is 1000000000, and at most 4096 is read'],
    [{ vocab_size: 2 ** 40 }, 'at most 16777216'],
    [{ model_type: 'mistral', sliding_window: -1 }, '"sliding_window" must be a positive integer'],
    [
      { model_type: 'exaone4', sliding_window_pattern: 'LLLG' },
      '"sliding_window_pattern" must be a positive',
    ],
    [
      { model_type: 'qwen2', use_sliding_window: true, max_window_layers: 'all' },
      '"max_window_layers" must be an integer',
    ],
    [{ layer_shapes: [] }, '"layer_shapes" must list 30 layers'],
    [
      {
        num_hidden_layers: 1,
        layer_shapes: [{ intermediate_size: 5, num_attention_heads: 4, num_key_value_heads: 2 }],
      },
      'layer_shapes[0]',
    ],
  ])('says what is wrong with %j', (change, message) => {
    expect(() => decoderConfig({ ...smollm2, ...change })).toThrow(ModelConfigError);
    expect(() => decoderConfig({ ...smollm2, ...change })).toThrow(message);
  });
});

describe('decoderLayout', () => {
  it('has the units and the cost that the paper counts for SmolLM2', () => {
    const layout = decoderLayout(decoderConfig(smollm2));
    // ../shared/reference/smollm2.json: 46,080 channels, 90 groups; half the cost is 30,720.
    expect(layout.size).toBe(46080 + 90);
    expect(layout.totalCost / 2).toBe(30720);
  });
});

describe('prunedConfig', () => {
  const config = decoderConfig(smollm2);
  const layout = decoderLayout(config);
  /** Keeps the first units of each block. */
  const keeping = (count: (layer: number, kind: string) => number) => {
    const mask = new Uint8Array(layout.size);
    for (const b of layout.blocks) mask.fill(1, b.start, b.start + count(b.layer, b.kind));
    return mask;
  };

  it('lists the widths of layers that differ, and reads them back', () => {
    const pruned = prunedConfig(
      smollm2,
      config,
      keeping((layer, kind) => (kind === 'kv' ? layer % 4 : 10 + layer)),
    );
    const again = decoderConfig(pruned);
    expect(again.layers[5]).toEqual({ channels: 15, kvHeads: 1 });
    expect(again.layers[4]).toEqual({ channels: 14, kvHeads: 0 });
    expect(again).toMatchObject({ headDim: 64, queriesPerKvHead: 3 });
    expect(decoderLayout(again).blocks).toHaveLength(60 - 8);
  });

  it('is an ordinary config where layers are alike', () => {
    const pruned = prunedConfig(
      smollm2,
      config,
      keeping((_, kind) => (kind === 'kv' ? 2 : 700)),
    );
    expect(pruned).toMatchObject({
      intermediate_size: 700,
      num_attention_heads: 6,
      num_key_value_heads: 2,
      head_dim: 64,
    });
    expect(pruned).not.toHaveProperty('layer_shapes');
    expect(decoderConfig(pruned).queriesPerKvHead).toBe(3);
  });
});

describe('rotaryFrequencies', () => {
  it('scales the low frequencies of LLaMA-3.x alone', () => {
    const config = decoderConfig({
      ...smollm2,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
    });
    const plain = rotaryFrequencies(rotaryOf(decoderConfig(smollm2)));
    const scaled = rotaryFrequencies(rotaryOf(config));
    expect(scaled[0]).toBe(plain[0]);
    expect(scaled[31]! * 8).toBeCloseTo(plain[31]!, 12);
    expect([...scaled].every((f, i) => f <= plain[i]! && f >= plain[i]! / 8)).toBe(true);
  });
});
