import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type GgufTestTensor,
  type GgufTestValue,
  ggufBytes,
  hasSmollm2,
  random,
  smollm2Path,
} from '@grasp/testing';
import { gguf as referenceReader } from '@huggingface/gguf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource, openFileSource } from '../bytes/byte-source.js';
import { withFiniteWeights } from '../dtypes/check-numbers.js';
import { convert } from '../dtypes/convert.js';
import { openCheckpoint } from '../open-checkpoint.js';
import { readGgufHeader } from './header/read-header.js';
import { ggufCheckpoint } from './open-gguf.js';
import { llama3Factors } from './rotary/llama3-scaling.js';

const u32 = (value: number): GgufTestValue => ({ type: 'u32', value });
const f32 = (value: number): GgufTestValue => ({ type: 'f32', value });
const text = (value: string): GgufTestValue => ({ type: 'text', value });

/** A float32 tensor that holds 0, 1, 2, …. */
function counting(name: string, shape: number[]): GgufTestTensor {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
  return { name, shape, type: 0, bytes: new Uint8Array(data.buffer) };
}

function metadata(arch: string, more: Record<string, GgufTestValue> = {}): Record<string, GgufTestValue> {
  return {
    'general.architecture': text(arch),
    [`${arch}.block_count`]: u32(1),
    [`${arch}.context_length`]: u32(128),
    [`${arch}.embedding_length`]: u32(8),
    [`${arch}.feed_forward_length`]: u32(12),
    [`${arch}.attention.head_count`]: u32(2),
    [`${arch}.attention.head_count_kv`]: u32(1),
    [`${arch}.attention.layer_norm_rms_epsilon`]: f32(1e-5),
    ...more,
  };
}

const embeddings = counting('token_embd.weight', [3, 8]);
const queries = counting('blk.0.attn_q.weight', [8, 1]);
const open = (more: Record<string, GgufTestValue>, tensors: readonly GgufTestTensor[], arch = 'llama') =>
  ggufCheckpoint(memorySource(ggufBytes(metadata(arch, more), tensors), 'f.gguf'));

describe('a GGUF checkpoint', () => {
  it('has the names, shapes and config of a Hugging Face folder', async () => {
    const checkpoint = await open({}, [embeddings, queries, counting('blk.0.ffn_down.weight', [8, 12])]);
    expect([...checkpoint.tensors.values()]).toEqual([
      { name: 'model.embed_tokens.weight', dtype: 'F32', shape: [3, 8] },
      { name: 'model.layers.0.self_attn.q_proj.weight', dtype: 'F32', shape: [8, 1] },
      { name: 'model.layers.0.mlp.down_proj.weight', dtype: 'F32', shape: [8, 12] },
    ]);
    expect(checkpoint.stored).toEqual({ types: ['F32'], bytes: 4 * (3 * 8 + 8 + 8 * 12) });
    expect(checkpoint.config).toEqual({
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      hidden_size: 8,
      intermediate_size: 12,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      head_dim: 4,
      hidden_act: 'silu',
      rms_norm_eps: 1e-5,
      rope_theta: 10_000,
      rope_scaling: null,
      max_position_embeddings: 128,
      vocab_size: 3,
      attention_bias: false,
      mlp_bias: false,
      tie_word_embeddings: true,
      bos_token_id: null,
      eos_token_id: null,
      torch_dtype: 'float32',
    });
  });

  it("undoes llama's order of q and k rows, and leaves qwen2's", async () => {
    const name = 'model.layers.0.self_attn.q_proj.weight';
    expect([...(await (await open({}, [embeddings, queries])).read(name)).data]).toEqual([
      0, 2, 1, 3, 4, 6, 5, 7,
    ]);
    expect([...(await (await open({}, [embeddings, queries], 'qwen2')).read(name)).data]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });

  it('keeps 16-bit weights as they are', async () => {
    const half: GgufTestTensor = {
      name: 'output.weight',
      shape: [1, 2],
      type: 1,
      bytes: Uint8Array.of(0, 60, 0, 64),
    };
    const checkpoint = await open({}, [embeddings, half]);
    expect(await checkpoint.read('lm_head.weight')).toEqual({
      dtype: 'F16',
      shape: [1, 2],
      data: Uint16Array.of(0x3c00, 0x4000),
    });
    expect(checkpoint.config.tie_word_embeddings).toBe(false);
  });

  it('rounds quantised weights as they are read, to what rounding them later gives', async () => {
    const next = random(3);
    const blocks = 3000; // several pieces, the last one shorter
    const bytes = Uint8Array.from({ length: 34 * blocks }, (_, i) => (i % 34 === 1 ? 0x1c : 256 * next()));
    const quantised: GgufTestTensor = { name: 'token_embd.weight', shape: [blocks, 32], type: 8, bytes };
    const checkpoint = await open({ 'llama.embedding_length': u32(32) }, [quantised]);
    const name = 'model.embed_tokens.weight';
    const exact = await checkpoint.read(name);
    expect(exact.dtype).toBe('F32');
    expect(await checkpoint.read(name, 'BF16')).toEqual(convert(exact, 'BF16'));
    expect(await withFiniteWeights(checkpoint).read(name, 'BF16')).toEqual(convert(exact, 'BF16'));
  });

  it("finds LLaMA-3's rope scaling from its factors", async () => {
    const scaling = {
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    };
    const factors = Float32Array.from(llama3Factors(scaling, 64, 500_000));
    expect([factors[0], factors[31]]).toEqual([1, 32]);
    const rope = { name: 'rope_freqs.weight', shape: [32], type: 0, bytes: new Uint8Array(factors.buffer) };
    const keys = { 'llama.rope.freq_base': f32(500_000), 'llama.attention.key_length': u32(64) };
    const checkpoint = await open(keys, [embeddings, rope]);
    expect(checkpoint.config.rope_scaling).toEqual({ rope_type: 'llama3', ...scaling });
    expect([...checkpoint.tensors.keys()]).toEqual(['model.embed_tokens.weight']);
    factors[16] = 20;
    const odd = await open(keys, [embeddings, rope]);
    expect(odd.config.rope_scaling).toEqual({ rope_type: 'llama3-factors', factors: [...factors] });
    const short = { ...rope, shape: [31], bytes: rope.bytes.subarray(0, 124) };
    await expect(open(keys, [embeddings, short])).rejects.toThrow('holds 31 numbers, not 32');
  });

  it.each([
    [8, 1, 8, 8192],
    [4, 2, 5, 1000],
    [16, 1, 2.5, 131072],
  ])('finds settings that give the same factors as %j, %j, %j, %j', async (factor, low, high, original) => {
    const scaling = {
      factor,
      low_freq_factor: low,
      high_freq_factor: high,
      original_max_position_embeddings: original,
    };
    const factors = Float32Array.from(llama3Factors(scaling, 128, 500_000));
    const rope = { name: 'rope_freqs.weight', shape: [64], type: 0, bytes: new Uint8Array(factors.buffer) };
    const keys = { 'llama.rope.freq_base': f32(500_000), 'llama.attention.key_length': u32(128) };
    const found = (await open(keys, [embeddings, rope])).config.rope_scaling as typeof scaling & {
      rope_type: string;
    };
    expect(found.rope_type).toBe('llama3');
    for (const [i, value] of llama3Factors(found, 128, 500_000).entries())
      expect(value / factors[i]!).toBeCloseTo(1, 3);
  });

  it('says which biases a llama has, also where it has none of o', async () => {
    const bias = (part: string, length: number) => counting(`blk.0.attn_${part}.bias`, [length]);
    const own = [embeddings, queries, bias('q', 8), bias('k', 4), bias('v', 4)];
    expect((await open({}, own)).config).toMatchObject({
      model_type: 'seed_oss',
      attention_bias: true,
      attention_out_bias: false,
      mlp_bias: false,
    });
    const { config } = await open({}, [...own, bias('output', 8)]);
    expect(config).toMatchObject({ model_type: 'llama', attention_bias: true });
    expect(config).not.toHaveProperty('attention_out_bias');
  });

  it('reads fused queries, keys and values as three, also where the rows are paired', async () => {
    const fused = counting('blk.0.attn_qkv.weight', [16, 1]); // 8 rows of queries, 4 of keys, 4 of values
    const checkpoint = await open({}, [embeddings, fused]);
    const rows = async (part: string) => [
      ...(await checkpoint.read(`model.layers.0.self_attn.${part}_proj.weight`)).data,
    ];
    expect(await rows('q')).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect(await rows('k')).toEqual([8, 10, 9, 11]);
    expect(await rows('v')).toEqual([12, 13, 14, 15]);
    await expect(open({}, [embeddings, counting('blk.0.attn_qkv.weight', [15, 1])])).rejects.toThrow(
      'has 15 rows, not 16',
    );
    await expect(open({}, [embeddings, fused, queries])).rejects.toThrow('self_attn.q_proj.weight twice');
  });

  it("subtracts what Gemma's norms are stored with, and fills in what llama.cpp knows of it", async () => {
    const norm = counting('blk.0.post_ffw_norm.weight', [8]);
    const keys = { 'gemma3.block_count': u32(7), 'gemma3.attention.sliding_window': u32(512) };
    const checkpoint = await open(keys, [embeddings, norm], 'gemma3');
    const { data } = await checkpoint.read('model.layers.0.post_feedforward_layernorm.weight');
    expect([...data]).toEqual([-1, 0, 1, 2, 3, 4, 5, 6]);
    const sliding = (layer: number) => (layer === 5 ? 'full_attention' : 'sliding_attention');
    expect(checkpoint.config).toMatchObject({
      model_type: 'gemma3_text',
      hidden_activation: 'gelu_pytorch_tanh',
      sliding_window: 512,
      layer_types: Array.from({ length: 7 }, (_, layer) => sliding(layer)),
      rope_local_base_freq: 10_000,
      query_pre_attn_scalar: 4,
      final_logit_softcapping: null,
    });
    const whole = await open({ 'gemma3.block_count': u32(2) }, [embeddings], 'gemma3');
    expect(whole.config).toMatchObject({
      sliding_window: null,
      layer_types: ['full_attention', 'full_attention'],
    });
  });

  it.each([
    ['olmo2', {}, { model_type: 'olmo2', sliding_window: null }],
    ['olmo2', { 'olmo2.attention.sliding_window': u32(9) }, { model_type: 'olmo3', sliding_window: 9 }],
    ['mistral3', {}, { model_type: 'mistral', sliding_window: null }],
    [
      'mistral3',
      { 'mistral3.attention.temperature_scale': f32(0.5) },
      { model_type: 'ministral3', rope_scaling: { llama_4_scaling_beta: 0.5 } },
    ],
    ['glm4', { 'glm4.rope.dimension_count': u32(2) }, { partial_rotary_factor: 0.5 }],
    ['granite', { 'granite.logit_scale': f32(8) }, { logits_scaling: 8, attention_multiplier: 0.5 }],
    ['exaone4', { 'exaone4.attention.sliding_window': u32(9) }, { sliding_window: null }],
    ['smollm3', {}, { no_rope_layer_interval: 4 }],
  ])('reads %s with %j', async (arch, keys, config) => {
    expect((await open(keys, [embeddings], arch)).config).toMatchObject(config);
  });

  it.each<[string, Record<string, GgufTestValue>, unknown]>([
    ['scale_linear', { 'llama.rope.scale_linear': f32(4) }, { rope_type: 'linear', factor: 4 }],
    ['a factor without a type', { 'llama.rope.scaling.factor': f32(2) }, { rope_type: 'linear', factor: 2 }],
    [
      'a factor before scale_linear',
      { 'llama.rope.scaling.factor': f32(2), 'llama.rope.scale_linear': f32(4) },
      { rope_type: 'linear', factor: 2 },
    ],
    ['a factor of 0', { 'llama.rope.scaling.factor': f32(0) }, null],
    ['no scaling', { 'llama.rope.scaling.type': text('none'), 'llama.rope.scaling.factor': f32(2) }, null],
  ])('reads rope scaling as llama.cpp does: %s', async (_, more, expected) => {
    expect((await open(more, [embeddings])).config.rope_scaling).toEqual(expected);
  });

  it('reads widths that a llama lists by layer', async () => {
    const list = (...value: number[]): GgufTestValue => ({ type: 'i32s', value });
    const more = {
      'llama.block_count': u32(2),
      'llama.attention.head_count': list(2, 4),
      'llama.attention.head_count_kv': list(1, 2),
      'llama.attention.key_length': u32(4),
    };
    const { config } = await open(more, [embeddings]);
    expect(config).toMatchObject({ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 4 });
    expect(config.layer_shapes).toEqual([
      { intermediate_size: 12, num_attention_heads: 2, num_key_value_heads: 1 },
      { intermediate_size: 12, num_attention_heads: 4, num_key_value_heads: 2 },
    ]);
    const equal = {
      ...more,
      'llama.attention.head_count': list(2, 2),
      'llama.attention.head_count_kv': list(2, 2),
    };
    expect((await open(equal, [embeddings])).config).not.toHaveProperty('layer_shapes');
  });

  it.each([
    ['default', '[0-9][0-9][0-9]'],
    [undefined, '[0-9][0-9][0-9]'],
    ['llama3', '\\p{N}{1,3}'],
    ['deepseek-r1-qwen', '|\\p{N}|'],
    ['command-r', 'Digits'],
  ])('knows the pre-tokenizer %s', async (pre, part) => {
    const more: Record<string, GgufTestValue> = {
      'tokenizer.ggml.model': text('gpt2'),
      ...(pre === undefined ? {} : { 'tokenizer.ggml.pre': text(pre) }),
      'tokenizer.ggml.tokens': { type: 'texts', value: ['a', 'b', 'c'] },
      'tokenizer.ggml.token_type': { type: 'i32s', value: [1, 1, 1] },
      'tokenizer.ggml.merges': { type: 'texts', value: [] },
    };
    const { files } = await open(more, [embeddings]);
    const file = files.find(({ name }) => name === 'tokenizer.json')!;
    const { pre_tokenizer } = JSON.parse(new TextDecoder().decode(await file.read()));
    expect(JSON.stringify(pre_tokenizer)).toContain(JSON.stringify(part).slice(1, -1));
  });

  it.each<[string, Record<string, GgufTestValue>, readonly GgufTestTensor[], string]>([
    [
      'a type it does not read',
      {},
      [{ ...embeddings, type: 40 }],
      'type NVFP4 of tensor "token_embd.weight"',
    ],
    ['a type nobody knows', {}, [{ ...embeddings, type: 99 }], 'type number 99'],
    [
      'a tensor with no place in the model',
      {},
      [embeddings, counting('blk.0.ffn_gate_inp.weight', [2, 8])],
      'ffn_gate_inp',
    ],
    [
      'a name from the prototype',
      {},
      [embeddings, counting('blk.0.constructor.weight', [2])],
      'blk.0.constructor.weight',
    ],
    ['a tensor twice', {}, [embeddings, embeddings], 'occurs twice'],
    [
      'a tensor where another one is',
      {},
      [embeddings, { ...queries, offset: 0 }],
      'is at 0 of the data, and 96 follows',
    ],
    ['no embeddings', {}, [queries], 'no token_embd.weight'],
    ['rows that are not whole blocks', {}, [{ ...embeddings, type: 3 }], 'Q4_1 needs multiples of 32'],
    [
      'rows that are not whole heads',
      {},
      [embeddings, counting('blk.0.attn_q.weight', [6, 1])],
      'has 6 rows for',
    ],
    ['a shape larger than the file', {}, [{ ...embeddings, shape: [100, 1000] }], 'cannot be in a file'],
    ['a dimension beyond any file', {}, [{ ...embeddings, shape: [2 ** 52] }], 'at most'],
    ['a dimension of nothing', {}, [{ ...embeddings, shape: [0, 8] }], 'cannot be in a file'],
    ['too many dimensions', {}, [{ ...embeddings, shape: [1, 1, 1, 3, 8] }], 'has 5 dimensions'],
    ['a part of a split model', { 'split.count': u32(2) }, [embeddings], 'one part of a split GGUF'],
    ['an odd alignment', { 'general.alignment': u32(48) }, [embeddings], 'not a power of two'],
    [
      'a size of another type',
      { 'llama.block_count': text('1') },
      [embeddings],
      'llama.block_count is not a number',
    ],
    ['no layers', { 'llama.block_count': u32(0) }, [embeddings], 'llama.block_count is 0, not a size'],
    [
      'heads of another number of layers',
      { 'llama.attention.head_count': { type: 'i32s', value: [2, 2] } },
      [embeddings],
      'lists 2 numbers, not 1',
    ],
  ])('refuses %s', async (_, more, tensors, message) => {
    await expect(open(more, tensors)).rejects.toThrow(message);
  });

  it('refuses other architectures, with the list of those it reads', async () => {
    await expect(open({}, [embeddings], 'mamba')).rejects.toThrow(
      /architecture "mamba" is not supported; supported: llama, .*qwen3.*olmo2/,
    );
  });

  it('refuses a file cut off anywhere', async () => {
    const whole = ggufBytes(metadata('llama'), [embeddings, queries]);
    for (let length = 0; length < whole.length; length++) {
      const cut = memorySource(whole.subarray(0, length), 'f.gguf');
      await expect(ggufCheckpoint(cut), `at ${length}`).rejects.toMatchObject({
        code: 'GRASP_CHECKPOINT_FORMAT',
      });
    }
    await ggufCheckpoint(memorySource(whole));
  });

  it('allocates nothing for counts that the file cannot hold', async () => {
    const bytes = ggufBytes({ list: { type: 'texts', value: ['a', 'b', 'c'] } }, []);
    const at = Buffer.from(bytes).indexOf('list') + 4 + 4 + 4;
    new DataView(bytes.buffer).setBigUint64(at, 3_999_999n, true);
    expect(() => readGgufHeader(memorySource(bytes))).toThrow('needs 31999992 more bytes');
    new DataView(bytes.buffer).setBigUint64(at, 2n ** 63n, true);
    expect(() => readGgufHeader(memorySource(bytes))).toThrow('at most 4000000 is allowed');
  });
});

describe('the header, beside the reader of @huggingface/gguf', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-gguf-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function compare(path: string): Promise<void> {
    const source = await openFileSource(path);
    const ours = readGgufHeader(source);
    const theirs = await referenceReader(path, { allowLocalFile: true });
    const { version, tensor_count, kv_count, ...values } = theirs.metadata;
    expect([ours.version, ours.tensors.size, ours.metadata.size]).toEqual([
      version,
      Number(tensor_count),
      Number(kv_count),
    ]);
    const plain = (value: unknown) =>
      ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value;
    expect(Object.fromEntries([...ours.metadata].map(([key, value]) => [key, plain(value)]))).toEqual(values);
    const infos = [...ours.tensors.values()].map(({ name, shape, position }) => ({ name, shape, position }));
    const dataStart = Number(theirs.tensorDataOffset);
    expect(infos).toEqual(
      theirs.tensorInfos.map(({ name, shape, offset }) => ({
        name,
        shape: shape.map(Number).reverse(),
        position: dataStart + Number(offset),
      })),
    );
    await source.close();
  }

  it('reads a small file alike', async () => {
    const path = join(folder, 'small.gguf');
    const lists: Record<string, GgufTestValue> = {
      'a.texts': { type: 'texts', value: ['x', '', '\ufeffy', '日本'] },
      'a.numbers': { type: 'f32s', value: [0.5, -1] },
      'a.flag': { type: 'bool', value: 1 },
      'a.signed': { type: 'i32', value: -5 },
    };
    await writeFile(
      path,
      ggufBytes(metadata('llama', { ...lists, 'a.texts': { type: 'texts', value: ['x', '', '日本'] } }), [
        embeddings,
        queries,
      ]),
    );
    await compare(path);
    await writeFile(path, ggufBytes(lists, []));
    const source = await openFileSource(path);
    // A byte order mark is a character of a token like any other.
    expect(readGgufHeader(source).metadata.get('a.texts')).toEqual(['x', '', '\ufeffy', '日本']);
    await source.close();
  });

  it.skipIf(!hasSmollm2)('reads SmolLM2 alike', () => compare(smollm2Path));

  it.skipIf(!hasSmollm2)('presents SmolLM2 as transformers would', async () => {
    const checkpoint = await openCheckpoint(smollm2Path);
    expect(checkpoint.config).toMatchObject({ hidden_size: 576, num_hidden_layers: 30, rope_theta: 100_000 });
    expect(checkpoint.tensors.size).toBe(272);
    expect(checkpoint.tensors.get('model.layers.29.mlp.down_proj.weight')?.shape).toEqual([576, 1536]);
    await checkpoint.close();
  });
});
