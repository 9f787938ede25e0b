import { type Checkpoint, TensorMissingError } from '@grasp/checkpoint';
import { foldCheckpoint } from '@grasp/fold';
import { randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { loadDecoder } from '../load-decoder.js';
import { decoderCheckpoint, openDecoderCheckpoint } from '../spec/decoder-checkpoint.js';
import { decoderLayout, prunedConfig, unitSlices } from '../spec/units.js';
import { checkWeights } from './expected-tensors.js';

const tiny = (model_type: TinyConfig['model_type'], fields: object = {}): TinyConfig => ({
  model_type,
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 2,
  vocab_size: 31,
  tie_word_embeddings: false,
  ...fields,
});

/** A checkpoint whose tensors have other names. A name that `rename` leaves out is dropped, and one may be listed twice. */
function renamed(checkpoint: Checkpoint, rename: (name: string) => readonly string[]): Checkpoint {
  const origins = [...checkpoint.tensors.keys()].flatMap((from) =>
    rename(from).map((to) => [to, from] as const),
  );
  const stored = new Map(origins);
  return {
    ...checkpoint,
    tensors: new Map(origins.map(([name, from]) => [name, { ...checkpoint.tensors.get(from)!, name }])),
    async read(name) {
      const from = stored.get(name);
      if (from === undefined) throw new TensorMissingError(checkpoint.source, name);
      return checkpoint.read(from);
    },
  };
}

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const tokens = randomTokens(1, 6, 31, 5);

async function logitsOf(checkpoint: Checkpoint): Promise<Float32Array> {
  const decoder = await loadDecoder(checkpoint);
  try {
    return await decoder.under().logits(tokens);
  } finally {
    decoder.dispose();
  }
}

beforeAll(() => tf.setBackend('wasm'));

describe('a model whose config ties the head to the embedding', () => {
  const tied = randomCheckpoint(tiny('llama', { tie_word_embeddings: true }), 1);
  const untied = randomCheckpoint(tiny('llama'), 1);
  const config = { ...untied.config, tie_word_embeddings: true };

  it('counts an equal head once, without a warning', async () => {
    const both = renamed(tied, (name) => (name === EMBEDDING ? [EMBEDDING, HEAD] : [name]));
    const { tensors, warnings, decoder } = await openDecoderCheckpoint(both);
    expect([...tensors.keys()]).toEqual([...tied.tensors.keys()]);
    expect(warnings).toEqual([]);
    expect(decoder.tiedHead).toBe(true);
    expect(decoderCheckpoint(both).tensors.has(HEAD)).toBe(false);
  });

  it('uses the embedding for both if only the head is stored', async () => {
    const only = renamed(tied, (name) => [name === EMBEDDING ? HEAD : name]);
    const { tensors, warnings } = await openDecoderCheckpoint(only);
    expect([...tensors.keys()]).toEqual([...tied.tensors.keys()]);
    expect(warnings.join()).toContain('embed_tokens.weight is missing');
    expect(() => checkWeights(only, decoderCheckpoint(only).decoder)).not.toThrow();
    expect(await logitsOf(only)).toEqual(await logitsOf(tied));
  });

  it('uses a head that differs, says so, and changes the config', async () => {
    const model = await openDecoderCheckpoint({ ...untied, config });
    expect(model.decoder.tiedHead).toBe(false);
    expect(model.config.tie_word_embeddings).toBe(false);
    expect(model.tensors.has(HEAD)).toBe(true);
    expect(model.warnings.join()).toContain('lm_head.weight differs');
    expect(await logitsOf({ ...untied, config })).toEqual(await logitsOf(untied));
  });
});

describe('tensors that config.json does not ask for', () => {
  const biased = randomCheckpoint(tiny('llama', { attention_bias: true, mlp_bias: true }), 1);
  const plain = renamed(biased, (name) => (name.endsWith('.bias') ? [] : [name]));
  const withoutBiases = { ...plain, config: { ...plain.config, attention_bias: false, mlp_bias: false } };

  it.each(['llama', 'mistral'])('a %s ignores biases that it does not have', async (model_type) => {
    const config = { ...withoutBiases.config, model_type };
    const model = await openDecoderCheckpoint({ ...biased, config });
    expect([...model.tensors.keys()]).toEqual([...plain.tensors.keys()]);
    expect(model.warnings.join()).toMatch(/self_attn\.q_proj\.bias.* and 9 more/);
    expect(await logitsOf({ ...biased, config })).toEqual(await logitsOf({ ...plain, config }));
  });

  it('a qwen2 ignores a bias of o_proj, and a qwen3 all biases', async () => {
    const qwen2 = randomCheckpoint(tiny('qwen2', { attention_bias: true }), 1);
    expect((await openDecoderCheckpoint(qwen2)).warnings.join()).toContain('o_proj.bias');
    const qwen3 = randomCheckpoint(tiny('qwen3', { attention_bias: true }), 1);
    const model = await openDecoderCheckpoint({
      ...qwen3,
      config: { ...qwen3.config, attention_bias: false },
    });
    expect([...model.tensors.keys()].filter((name) => name.endsWith('.bias'))).toEqual([]);
  });

  it('are left out and named, except for buffers that old versions of transformers saved', () => {
    const odd = renamed(plain, (name) =>
      name === EMBEDDING
        ? [
            name,
            'model.layers.9.mlp.up_proj.weight',
            'x\u001b[2J',
            'model.layers.0.self_attn.rotary_emb.inv_freq',
          ]
        : [name],
    );
    const model = decoderCheckpoint({ ...odd, config: withoutBiases.config });
    expect([...model.tensors.keys()]).toEqual([...plain.tensors.keys()]);
    expect(model.warnings.join()).toContain(
      'model.layers.9.mlp.up_proj.weight, x\\u001b[2J. They are ignored',
    );
  });

  it('compose with the fold: slices name the tensors of the model', () => {
    const model = decoderCheckpoint({ ...biased, config: withoutBiases.config });
    const layout = decoderLayout(model.decoder);
    const mask = new Uint8Array(layout.size).fill(1, 1);
    const config = prunedConfig(model.config, model.decoder, mask);
    const raw = { ...plain, config: withoutBiases.config };
    for (const checkpoint of [model, raw]) {
      const view = foldCheckpoint(checkpoint, { layout, slices: unitSlices(model.decoder), mask, config });
      expect(() => checkWeights(view, decoderCheckpoint(view).decoder)).not.toThrow();
    }
  });
});

describe('biases that config.json asks for', () => {
  const biased = randomCheckpoint(tiny('qwen2'), 1);

  it('are zero if they are missing, and named', async () => {
    const partial = renamed(biased, (name) => (/k_proj\.bias$/.test(name) ? [] : [name]));
    const model = await openDecoderCheckpoint(partial);
    expect(new Set(model.tensors.keys())).toEqual(new Set(biased.tensors.keys()));
    expect(model.warnings.join()).toContain('model.layers.0.self_attn.k_proj.bias');
    const bias = await model.read('model.layers.0.self_attn.k_proj.bias');
    expect([...bias.data]).toEqual(Array.from({ length: 8 }, () => 0));
    expect((await logitsOf(partial)).every(Number.isFinite)).toBe(true);
  });
});

describe('names', () => {
  const model = randomCheckpoint(tiny('qwen3', { tie_word_embeddings: true }), 1);

  it.each([
    ['lack "model."', (name: string) => name.replace(/^model\./, '')],
    ['have it twice', (name: string) => `model.${name}`],
  ])('that %s are those of the model', async (_, rename) => {
    const other = renamed(model, (name) => [rename(name)]);
    const found = await openDecoderCheckpoint(other);
    expect([...found.tensors]).toEqual([...model.tensors]);
    expect(found.warnings).toEqual([]);
    expect(() => checkWeights(other, found.decoder)).not.toThrow();
    expect(await logitsOf(other)).toEqual(await logitsOf(model));
  });
});

describe('tensors that cannot be read', () => {
  const model = randomCheckpoint(tiny('llama'), 1);
  const without = (missing: string, absent: string) => ({
    ...renamed(model, (name) => (name === missing ? [] : [name])),
    absent: new Map([[absent, new Error(`why ${absent} is absent`)]]),
  });

  it('do no harm if the model does not have them', () => {
    const checkpoint = without('none', 'model.layers.0.self_attn.rotary_emb.inv_freq');
    const found = decoderCheckpoint(checkpoint);
    expect(() => checkWeights(checkpoint, found.decoder)).not.toThrow();
    expect([...found.absent!.keys()]).toEqual([]);
  });

  it.each(['model.norm.weight', 'norm.weight'])(
    'are named with the reason if the model needs them: %s',
    (name) => {
      const checkpoint = without('model.norm.weight', name);
      const found = decoderCheckpoint(checkpoint);
      for (const headers of [checkpoint, found]) {
        expect(() => checkWeights(headers, found.decoder)).toThrow(`why ${name} is absent`);
      }
    },
  );
});
