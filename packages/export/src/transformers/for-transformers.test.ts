import type { Checkpoint } from '@grasp/checkpoint';
import { configOf, decoderConfig, LAYER_SHAPES_KEY } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { madeUpModel, masks, prunedBy } from '../../test/made-up-model.js';
import { randomModel } from '../../test/random-model.js';
import { forTransformers } from '../index.js';
import { ordinaryConfig } from './ordinary-config.js';
import { ropeFields } from './rope-fields.js';

const fileOf = async (checkpoint: Checkpoint, name: string) => {
  const file = checkpoint.files.find((entry) => entry.name === name);
  return file && new TextDecoder().decode(await file.read());
};

describe.each([
  ['llama', 'Llama'],
  ['mistral', 'Mistral'],
  ['qwen2', 'Qwen2'],
  ['qwen3', 'Qwen3'],
] as const)('forTransformers of %s', (model_type, name) => {
  const dense = madeUpModel({ model_type });

  it('gives layers that differ a modelling file under 200 lines, named in auto_map', async () => {
    const view = forTransformers(prunedBy(dense, masks['about half']!));
    const { auto_map, architectures } = view.config as {
      auto_map: Record<string, string>;
      architectures: string[];
    };
    const [module, className] = auto_map.AutoModelForCausalLM!.split('.');
    expect(architectures).toEqual([className]);
    const code = await fileOf(view, `${module}.py`);
    for (const reference of Object.values(auto_map))
      expect(code).toContain(`class ${reference.split('.')[1]}(`);
    expect(code).toContain(`from transformers import ${name}Config`);
    expect(code!.split('\n').length).toBeLessThan(200);
  });

  it('names no code but its own', async () => {
    const hostile = { tokenizer_class: 'T', auto_map: { AutoTokenizer: ['someone/else--code.T', null] } };
    const file = {
      name: 'tokenizer_config.json',
      read: async () => new TextEncoder().encode(JSON.stringify(hostile)),
    };
    const model = { ...dense, config: { ...dense.config, auto_map: { AutoModel: 'x.Y' } }, files: [file] };
    for (const mask of [masks['about half']!, masks['one shape']!]) {
      const view = forTransformers(prunedBy(model, mask));
      expect(await fileOf(view, file.name)).toBe('{\n  "tokenizer_class": "T"\n}\n');
      expect(JSON.stringify(view.config)).not.toContain('x.Y');
    }
  });

  it('leaves the decoder what it reads', () => {
    const view = prunedBy(dense, masks['about half']!);
    expect(decoderConfig(forTransformers(view).config)).toEqual(configOf(view));
  });

  it('makes layers of one shape an ordinary model', () => {
    const { config, files } = forTransformers(prunedBy(dense, masks['one shape']!));
    expect(config).toMatchObject({
      architectures: [`${name}ForCausalLM`],
      model_type,
      intermediate_size: 20,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 6,
    });
    expect(config).not.toHaveProperty('auto_map');
    expect(config).not.toHaveProperty(LAYER_SHAPES_KEY);
    expect(files.some(({ name }) => name.endsWith('.py'))).toBe(false);
  });

  it('goes back to an ordinary model when a pruned one is pruned to one shape', () => {
    const once = forTransformers(
      prunedBy(dense, (layer, kind, index) => layer > 0 || index < (kind === 'kv' ? 3 : 30)),
    );
    expect(once.config).toHaveProperty('auto_map');
    expect(forTransformers(prunedBy(once, masks['one shape']!)).config).toMatchObject({ model_type });
  });
});

describe('forTransformers', () => {
  it('leaves out the biases that a mistral does not have', () => {
    const biased = madeUpModel({ model_type: 'mistral', attention_bias: true, mlp_bias: true });
    for (const mask of [masks['about half']!, masks['one shape']!, masks['no attention at all']!]) {
      const { tensors } = forTransformers(prunedBy(biased, mask));
      expect([...tensors.keys()].filter((name) => name.endsWith('.bias'))).toEqual([]);
    }
  });

  it('writes a llama as mistral where its heads do not divide the hidden size', () => {
    const keep = masks['one shape, heads not dividing the hidden size']!;
    const wide = { hidden_size: 64, head_dim: 8 };
    const llama = forTransformers(prunedBy(madeUpModel({ model_type: 'llama', ...wide }), keep));
    expect(llama.config).toMatchObject({
      model_type: 'mistral',
      sliding_window: null,
      num_attention_heads: 6,
    });
    // Mistral has no biases: then it is a model with its own file.
    const biased = madeUpModel({ model_type: 'llama', attention_bias: true, ...wide });
    expect(forTransformers(prunedBy(biased, keep)).config).toMatchObject({ model_type: 'pruned_llama' });
  });

  it('leaves out norms of queries and keys that are gone', () => {
    const view = forTransformers(
      prunedBy(madeUpModel({ model_type: 'qwen3' }), masks['middle layer without attention']!),
    );
    const left = [...view.tensors.keys()].filter((name) => name.startsWith('model.layers.1.self_attn'));
    expect(left).toEqual([]);
  });

  it('refuses a bias of a part that was removed', () => {
    const biased = madeUpModel({ model_type: 'llama', attention_bias: true });
    expect(() => forTransformers(prunedBy(biased, masks['no attention at all']!))).toThrow(
      /o_proj\.bias.*Keep at least one unit/,
    );
  });
});

it.each(['arcee', 'gemma2', 'gemma3_text'])(
  'gives %s its own heads where they do not divide the hidden size',
  (modelType) => {
    const raw = {
      model_type: modelType,
      hidden_size: 20,
      num_attention_heads: 6,
      num_key_value_heads: 3,
      head_dim: 2,
    };
    expect(ordinaryConfig({ config: raw, tensors: new Map() }, decoderConfig(raw))).toBeUndefined();
    const even = { ...raw, hidden_size: 24 };
    expect(ordinaryConfig({ config: even, tensors: new Map() }, decoderConfig(even))).toBeDefined();
  },
);

describe('rope settings', () => {
  it('are refused if transformers does not have them', () => {
    const rope_scaling = { rope_type: 'llama3-factors', factors: [1, 2, 3] };
    expect(() => forTransformers(madeUpModel({ model_type: 'llama', rope_scaling }))).toThrow(
      'with a factor each',
    );
  });

  const rope = (fields: object) => {
    const view = forTransformers(
      prunedBy(madeUpModel({ model_type: 'llama', ...fields }), masks['one shape']!),
    );
    const { rope_theta, rope_scaling, original_max_position_embeddings } = view.config;
    expect(decoderConfig(view.config).attention).toEqual(
      configOf(madeUpModel({ model_type: 'llama', ...fields })).attention,
    );
    return { rope_theta, rope_scaling, original_max_position_embeddings };
  };
  const lists = { rope_type: 'longrope', short_factor: [1, 1, 1], long_factor: [2, 3, 4] };
  const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };

  it.each([
    [{ rope_parameters: { rope_type: 'default', rope_theta: 500000 } }, { rope_theta: 500000 }],
    [{ rope_parameters: { rope_theta: 5, rope_type: 'default' }, rope_theta: 7 }, { rope_theta: 5 }],
    [{ rope_parameters: {}, rope_theta: 7 }, { rope_theta: 7 }],
    [{ rope_theta: 7 }, { rope_theta: 7 }],
    [
      { rope_parameters: { ...llama3, rope_theta: 5 } },
      { rope_theta: 5, rope_scaling: { ...llama3, original_max_position_embeddings: 256 } },
    ],
    [
      { rope_scaling: { rope_type: 'yarn', factor: null }, original_max_position_embeddings: 64 },
      {
        rope_theta: 10_000,
        rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64 },
        original_max_position_embeddings: 64,
      },
    ],
    [
      { rope_parameters: { ...lists, rope_theta: 5, factor: 1, original_max_position_embeddings: 64 } },
      {
        rope_theta: 5,
        rope_scaling: { ...lists, factor: 1, original_max_position_embeddings: 64, attention_factor: 1 },
        original_max_position_embeddings: 64,
      },
    ],
    [
      {
        rope_scaling: { type: 'linear', factor: 2 },
        rope_parameters: { rope_type: 'linear', factor: 4, rope_theta: 5 },
      },
      { rope_scaling: { type: 'linear', rope_type: 'linear', factor: 2 }, rope_theta: 10000 },
    ],
  ])('of %j are also stated as transformers 4 reads them', (fields, expected) => {
    expect(rope(fields)).toEqual(expected);
  });

  it('are left to transformers where config.json states none', () => {
    const config = { model_type: 'ministral3', hidden_size: 48, num_attention_heads: 8 };
    expect(ropeFields(config, decoderConfig(config))).not.toHaveProperty('rope_scaling');
  });

  it.each([
    ['olmo2', { rope_type: 'linear', factor: 2 }, { type: 'linear', factor: 2 }],
    [
      'phi3',
      { ...lists, rope_theta: 5, original_max_position_embeddings: 64 },
      { type: 'longrope', short_factor: [1, 1, 1], long_factor: [2, 3, 4] },
    ],
  ])('of %s have the form that transformers 4 insists on', (modelType, rope_parameters, expected) => {
    const config = { model_type: modelType, rope_parameters, hidden_size: 48, num_attention_heads: 8 };
    const fields = ropeFields(config, decoderConfig(config));
    expect(fields.rope_scaling).toEqual(expected);
    expect(decoderConfig({ ...config, ...fields }).attention).toEqual(decoderConfig(config).attention);
  });
});

it('says the base of rotation of an olmo3 by kind of layer: transformers 5 reads it for one kind alone', () => {
  const sizes = { hidden_size: 32, intermediate_size: 40, vocab_size: 40, num_hidden_layers: 4 };
  const heads = { num_attention_heads: 4, num_key_value_heads: 2, head_dim: 8, sliding_window: 3 };
  const base = (rope_theta: number) => ({ rope_type: 'default', rope_theta });
  const olmo3 = (rope_theta: number, more = {}) =>
    randomModel({ model_type: 'olmo3', rope_theta, ...sizes, ...heads, ...more });
  const stated = forTransformers(olmo3(1e4));
  expect(stated.config.rope_parameters).toEqual({ full_attention: base(1e4), sliding_attention: base(1e4) });
  expect(forTransformers(olmo3(5e5)).config).not.toHaveProperty('rope_parameters'); // its default
  for (const spelled of ['rope_type', 'type']) {
    const scaled = olmo3(1e4, { rope_scaling: { [spelled]: 'linear', factor: 2 } });
    const { config } = forTransformers(scaled);
    expect(config.rope_parameters).toMatchObject({
      full_attention: { ...base(1e4), rope_type: 'linear', factor: 2 },
    });
    for (const model of [olmo3(1e4), scaled])
      expect(decoderConfig(forTransformers(model).config)).toEqual(configOf(model));
  }
});

it('states heads of a llama that divide its hidden size, since transformers 5 checks it', () => {
  const heads = { num_attention_heads: 10, num_key_value_heads: 5, head_dim: 6 }; // 48 is no multiple of 10
  const model = prunedBy(madeUpModel({ model_type: 'llama', ...heads }), masks['about half']!);
  const { config } = forTransformers(model);
  expect(config).toMatchObject({ num_attention_heads: 8, num_key_value_heads: 4 });
  expect(decoderConfig(config).layers).toEqual(configOf(model).layers);
});
