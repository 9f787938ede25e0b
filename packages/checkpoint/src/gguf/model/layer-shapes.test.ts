import { describe, expect, it } from 'vitest';
import { deci } from '../architectures/llama.js';
import { openelm } from '../architectures/qwen3.js';
import { ggufMetadata } from '../header/metadata.js';
import { ggufLayerShapes } from './layer-shapes.js';
import { ggufName, huggingFaceNames } from './tensor-names.js';

const metadata = (values: Record<string, number | Int32Array>) =>
  ggufMetadata(
    {
      metadata: new Map(Object.entries(values).map(([key, value]) => [`deci.${key}`, value])),
    },
    'model.gguf',
  );

describe('ggufLayerShapes', () => {
  it('lists each layer and the widest of each', () => {
    const { shapes, widest, equal } = ggufLayerShapes(
      metadata({
        feed_forward_length: Int32Array.of(32, 64),
        'attention.head_count': Int32Array.of(6, 0),
        'attention.head_count_kv': Int32Array.of(2, 0),
      }),
      { name: 'deci' },
      2,
    );
    expect(shapes).toEqual([
      { intermediate_size: 32, num_attention_heads: 6, num_key_value_heads: 2 },
      { intermediate_size: 64, num_attention_heads: 0, num_key_value_heads: 0 },
    ]);
    expect(widest).toEqual({ intermediate_size: 64, num_attention_heads: 6, num_key_value_heads: 2 });
    expect(equal).toBe(false);
  });

  it('takes one number for all layers', () => {
    const one = { feed_forward_length: 32, 'attention.head_count': 6, 'attention.head_count_kv': 2 };
    expect(ggufLayerShapes(metadata(one), { name: 'deci' }, 3)).toMatchObject({
      equal: true,
      shapes: { length: 3 },
    });
  });

  it.each([
    ['a layer with a matrix for attention', { 'attention.head_count_kv': Int32Array.of(2, 0) }, /layer 1/],
    ['a list too short', { feed_forward_length: Int32Array.of(32) }, /lists 1 numbers, not 2/],
    ['a negative size', { feed_forward_length: Int32Array.of(32, -1) }, /not a list of sizes/],
  ])('refuses %s', (_what, values, message) => {
    const good = { feed_forward_length: 32, 'attention.head_count': 6, 'attention.head_count_kv': 2 };
    expect(() => ggufLayerShapes(metadata({ ...good, ...values }), { name: 'deci' }, 2)).toThrow(message);
  });
});

describe('ggufName', () => {
  it.each(['token_embd.weight', 'output.weight', 'blk.17.attn_q.bias', 'blk.0.ffn_down.weight'])(
    'is the other way round of huggingFaceNames: %s',
    (name) => {
      expect(ggufName(huggingFaceNames(name, deci)![0]!, deci)).toBe(name);
    },
  );

  it('is the tensor that holds the rows of several', () => {
    const names = huggingFaceNames('blk.2.attn_qkv.weight', openelm)!;
    expect(names).toEqual(['q', 'k', 'v'].map((part) => `model.layers.2.self_attn.${part}_proj.weight`));
    for (const name of names) expect(ggufName(name, openelm)).toBe('blk.2.attn_qkv.weight');
  });

  it('knows no others', () => {
    expect(ggufName('model.layers.0.self_attn.rotary_emb.inv_freq', deci)).toBeUndefined();
  });
});
