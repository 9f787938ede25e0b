import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { type GgufTestValue, ggufBytes } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTokenizerFits, loadTokenizer, parseTokenizer } from './load-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true }));

const text = (value: string): GgufTestValue => ({ type: 'text', value });
const texts = (value: readonly string[]): GgufTestValue => ({ type: 'texts', value });
const u32 = (value: number): GgufTestValue => ({ type: 'u32', value });
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER = 4;
const UNUSED = 5;
const BYTE = 6;

/** A GGUF file with a tokenizer of these tokens, written and loaded. */
async function fromGguf(
  model: string,
  tokens: readonly (readonly [string, number])[],
  more: Record<string, GgufTestValue>,
): Promise<Tokenizer> {
  const path = join(folder, 'model.gguf');
  const metadata = {
    'general.architecture': text('llama'),
    'llama.block_count': u32(1),
    'llama.context_length': u32(64),
    'llama.embedding_length': u32(4),
    'llama.feed_forward_length': u32(4),
    'llama.attention.head_count': u32(1),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 } as const,
    'tokenizer.ggml.model': text(model),
    'tokenizer.ggml.tokens': texts(tokens.map(([token]) => token)),
    'tokenizer.ggml.token_type': { type: 'i32s', value: tokens.map(([, kind]) => kind) } as const,
    ...more,
  };
  const embeddings = { name: 'token_embd.weight', shape: [tokens.length, 4], type: 0 };
  await writeFile(path, ggufBytes(metadata, [{ ...embeddings, bytes: new Uint8Array(16 * tokens.length) }]));
  const checkpoint = await openCheckpoint(path);
  try {
    return await loadTokenizer(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

/** Tokens as text, which is easier to read than ids. */
async function pieces(tokenizer: Tokenizer, tokens: readonly (readonly [string, number])[], input: string) {
  return Array.from(await tokenizer.encode(input), (id) => tokens[id]![0]);
}

describe('loadTokenizer', () => {
  it('gives tokens that only other files name the ids of transformers', async () => {
    const model = { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] };
    const content = {
      'tokenizer.json': { model, added_tokens: [] },
      'added_tokens.json': { '<x>': 2 },
      'tokenizer_config.json': { eos_token: '<end>' },
    };
    const files = Object.entries(content).map(([name, value]) => ({
      name,
      read: async () => new TextEncoder().encode(JSON.stringify(value)),
    }));
    const tokenizer = await loadTokenizer({ source: 'a model', files });
    expect(Array.from(await tokenizer.encode('a<end>b<x>'))).toEqual([0, 3, 1, 2]);
  });
});

describe('parseTokenizer', () => {
  it.each([
    [String.raw`(?=(\d{3})+(?!\d))`, '1', '30000 digits in a row'],
    [String.raw`\s+$`, ' ', '30000 characters of white space in a row'],
  ])('refuses a long run if %s looks at the whole run at each character', async (Regex, character, why) => {
    const split = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
    const json = (pre: unknown) =>
      JSON.stringify({ pre_tokenizer: pre, model: { type: 'BPE', vocab: { a: 0 }, merges: [] } });
    const run = 'a'.concat(character.repeat(30_000), 'a');
    await expect(parseTokenizer(json(split), 'a model').encode(run)).rejects.toThrow(why);
    await expect(parseTokenizer(json(null), 'a model').encode(run)).resolves.toBeDefined();
  });

  it.each(['BertProcessing', 'RobertaProcessing'])('puts the tokens of %s around a text', async (type) => {
    const post_processor = {
      type,
      sep: ['b', 1],
      cls: ['c', 2],
      trim_offsets: true,
      add_prefix_space: false,
    };
    const normalizer = {
      type: 'BertNormalizer',
      ...{ clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    };
    const model = { type: 'BPE', vocab: { a: 0, b: 1, c: 2 }, merges: [] };
    const pre_tokenizer = { type: 'BertPreTokenizer' };
    const json = JSON.stringify({ normalizer, pre_tokenizer, post_processor, model });
    expect(Array.from(await parseTokenizer(json, 'a model').encode('A á'))).toEqual([2, 0, 0, 1]);
  });

  it.each([
    ['model.type', { model: { type: 'WordPiece', vocab: {}, unk_token: 'a' } }],
    ['normalizer.type', { normalizer: { type: 'Precompiled', precompiled_charsmap: '' } }],
  ])('refuses what it does not support, by name: %s', (field, part) => {
    const json = JSON.stringify({ model: { type: 'BPE', vocab: { a: 0 }, merges: [] }, ...part });
    expect(() => parseTokenizer(json, 'a model')).toThrow(`tokenizer.json: ${field} is`);
  });
});

describe('byte-level BPE from GGUF metadata', () => {
  // Ġ is a space. é is U+00E9, whose bytes are written Ã and ©.
  const words = ['1', '2', '3', '4', '12', '123', 'Ġ', 'a', 'b', 'ab', 'Ġab', 'Ã', '©', 'Ã©', 'e', 'Ì', 'ģ'];
  const tokens = [
    ['<s>', CONTROL],
    ['<tool>', USER],
    ...words.map((word) => [word, NORMAL] as const),
    ['[PAD]', UNUSED],
  ] as const;
  const merges = texts(['1 2', '12 3', 'a b', 'Ġ ab', 'Ã ©']);
  const load = (pre: string, more: Record<string, GgufTestValue> = {}) =>
    fromGguf('gpt2', tokens, {
      'tokenizer.ggml.pre': text(pre),
      'tokenizer.ggml.merges': merges,
      'tokenizer.ggml.bos_token_id': u32(0),
      ...more,
    });

  it.each([
    ['gpt-2', ['123', '4', 'Ġab']],
    ['default', ['123', '4', 'Ġab']],
    ['smollm', ['1', '2', '3', '4', 'Ġab']],
    ['qwen2', ['1', '2', '3', '4', 'Ġab']],
    ['llama-bpe', ['<s>', '123', '4', 'Ġab']],
  ])('%s splits digits its own way, and begins with BOS or not', async (pre, expected) => {
    expect(await pieces(await load(pre), tokens, '1234 ab')).toEqual(expected);
  });

  it('composes characters for qwen2 alone', async () => {
    const decomposed = 'e\u0301';
    expect(await pieces(await load('qwen2'), tokens, decomposed)).toEqual(['Ã©']);
    expect(await pieces(await load('smollm'), tokens, decomposed)).toEqual(['e', 'Ì', 'ģ']);
  });

  it('takes a special token whose id is out of range for none', async () => {
    const tokenizer = await load('llama-bpe', {
      'tokenizer.ggml.bos_token_id': u32(4294967295),
      'tokenizer.ggml.padding_token_id': u32(4294967295),
    });
    expect(await pieces(tokenizer, tokens, 'ab')).toEqual(['ab']);
  });

  it('cuts out special and user-defined tokens', async () => {
    const tokenizer = await load('smollm');
    expect(await pieces(tokenizer, tokens, 'a<s>ab<tool>[PAD]')).toEqual(['a', '<s>', 'ab', '<tool>']);
    expect(tokenizer.tokenId('<tool>')).toBe(1);
    expect(tokenizer.tokenId('[PAD]')).toBeUndefined();
    expect(tokenizer.vocabSize).toBe(19);
    expect(await tokenizer.decode([0, 9, 1, 12])).toBe('a<tool> ab');
    expect(await tokenizer.decode([0, 9], { skipSpecialTokens: false })).toBe('<s>a');
  });

  it('adds BOS and EOS as the file says', async () => {
    const flag = (value: number): GgufTestValue => ({ type: 'bool', value });
    const eos = { 'tokenizer.ggml.eos_token_id': u32(1), 'tokenizer.ggml.add_eos_token': flag(1) };
    const both = await load('smollm', { 'tokenizer.ggml.add_bos_token': flag(1), ...eos });
    expect(await pieces(both, tokens, 'a')).toEqual(['<s>', 'a', '<tool>']);
    expect([...(await both.encode('a', { specialTokens: false }))]).toEqual([9]);
    const none = await load('llama-bpe', { 'tokenizer.ggml.add_bos_token': flag(0) });
    expect(await pieces(none, tokens, 'a')).toEqual(['a']);
  });

  it('refuses what it cannot express, by name', async () => {
    await expect(load('kimi-k2')).rejects.toThrow(
      'pre-tokenizer "kimi-k2" is not supported; supported: gpt-2, smollm',
    );
    await expect(fromGguf('bert', tokens, {})).rejects.toThrow('tokenizer model "bert" is not supported');
    await expect(load('smollm', { 'tokenizer.ggml.bos_token_id': u32(99) })).resolves.toBeDefined();
    const twice = [
      ['a', NORMAL],
      ['a', NORMAL],
    ] as const;
    const rest = { 'tokenizer.ggml.pre': text('smollm'), 'tokenizer.ggml.merges': texts([]) };
    await expect(fromGguf('gpt2', twice, rest)).rejects.toThrow('tokens 0 and 1 are the same text "a"');
    const unknown = { ...rest, 'tokenizer.ggml.merges': texts(['a z']) };
    await expect(fromGguf('gpt2', [['a', NORMAL]], unknown)).rejects.toMatchObject({
      code: 'GRASP_TOKENIZER_FORMAT',
    });
  });
});

describe('SentencePiece BPE from GGUF metadata', () => {
  const scored = [
    ['<unk>', UNKNOWN, 0],
    ['<s>', CONTROL, 0],
    ['</s>', CONTROL, 0],
    ['<0xC3>', BYTE, 0],
    ['<0xA9>', BYTE, 0],
    ['ab', NORMAL, -2],
    ['bc', NORMAL, -1],
    ['▁ab', NORMAL, -3],
    ['▁', NORMAL, -4],
    ['a', NORMAL, -5],
    ['b', NORMAL, -6],
    ['c', NORMAL, -7],
  ] as const;
  const tokens = scored.map(([token, kind]) => [token, kind] as const);
  const load = (more: Record<string, GgufTestValue> = {}) =>
    fromGguf('llama', tokens, {
      'tokenizer.ggml.scores': { type: 'f32s', value: scored.map(([, , score]) => score) },
      'tokenizer.ggml.bos_token_id': u32(1),
      'tokenizer.ggml.unknown_token_id': u32(0),
      ...more,
    });

  it('joins the pair with the best score first, spaces marked and put in front', async () => {
    const tokenizer = await load();
    // bc scores above ab
    expect(await pieces(tokenizer, tokens, 'abc ab')).toEqual(['<s>', '▁', 'a', 'bc', '▁ab']);
    expect(await tokenizer.decode(await tokenizer.encode('abc ab'))).toBe('abc ab');
  });

  it('falls back to bytes', async () => {
    const tokenizer = await load();
    expect(await pieces(tokenizer, tokens, 'é')).toEqual(['<s>', '▁', '<0xC3>', '<0xA9>']);
    expect(await tokenizer.decode(await tokenizer.encode('é'))).toBe('é');
  });

  it('puts no space in front when the file says so', async () => {
    const tokenizer = await load({ 'tokenizer.ggml.add_space_prefix': { type: 'bool', value: 0 } });
    expect(await pieces(tokenizer, tokens, 'ab ab')).toEqual(['<s>', 'ab', '▁ab']);
  });

  it('refuses scores that do not match', async () => {
    await expect(load({ 'tokenizer.ggml.scores': { type: 'f32s', value: [1] } })).rejects.toThrow(
      '12 tokens and 1',
    );
  });
});

const json = (more: object = {}) =>
  JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: { a: 0, b: 7, '[UNK]': 1 }, unk_token: '[UNK]' },
    ...more,
  });

describe('a tokenizer.json', () => {
  const checkpoint = (name: string, content: string) => ({
    source: 'a model',
    files: [{ name, read: async () => new TextEncoder().encode(content) }],
  });

  it('does not cut or pad texts, whatever the file asks for', async () => {
    const cut = { max_length: 2, strategy: 'LongestFirst', stride: 0, direction: 'Right' };
    const pad = {
      strategy: { Fixed: 8 },
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: 1,
      pad_type_id: 0,
      pad_token: '[UNK]',
    };
    const tokenizer = await loadTokenizer(
      checkpoint('tokenizer.json', json({ truncation: cut, padding: pad })),
    );
    expect([...(await tokenizer.encode('a b a b'))]).toEqual([0, 7, 0, 7]);
  });

  it('refuses millions of spaces in a row, which end the library', async () => {
    const tokenizer = parseTokenizer(json(), 'a model');
    await expect(tokenizer.encode(`a${' '.repeat(4_000_001)}b`)).rejects.toMatchObject({
      code: 'GRASP_TOKENIZER_TEXT',
    });
    expect([...(await tokenizer.encode(`a${' '.repeat(100)}b`))]).toEqual([0, 7]);
  });

  it('reports what goes wrong on some texts only', async () => {
    const partial = json({ model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: '[UNK]' } });
    await expect(parseTokenizer(partial, 'a model').encode('z')).rejects.toMatchObject({
      code: 'GRASP_TOKENIZER_FORMAT',
    });
  });

  it('counts ids up to the highest', () => {
    const tokenizer = parseTokenizer(json(), 'a model');
    expect(tokenizer.vocabSize).toBe(8);
    checkTokenizerFits(tokenizer, 8);
    expect(() => checkTokenizerFits(tokenizer, 7)).toThrow(
      'gives ids up to 7 and the model has 7 embeddings',
    );
  });

  it('must be there, and be one', async () => {
    await expect(loadTokenizer({ source: 'a model', files: [] })).rejects.toThrow(
      'a model has no tokenizer.json',
    );
    await expect(loadTokenizer(checkpoint('tokenizer.model', ''))).rejects.toThrow(
      'Load the tokenizer with transformers',
    );
    for (const content of ['', '{}', '[', json({ model: { type: 'New' } }), '\0']) {
      await expect(loadTokenizer(checkpoint('tokenizer.json', content))).rejects.toMatchObject({
        code: 'GRASP_TOKENIZER_FORMAT',
      });
    }
  });
});
