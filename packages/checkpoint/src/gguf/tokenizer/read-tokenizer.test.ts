import { type GgufTestValue, ggufBytes } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../bytes/byte-source.js';
import { ggufCheckpoint } from '../open-gguf.js';

const text = (value: string): GgufTestValue => ({ type: 'text', value });
const texts = (value: readonly string[]): GgufTestValue => ({ type: 'texts', value });
const u32 = (value: number): GgufTestValue => ({ type: 'u32', value });
const yes: GgufTestValue = { type: 'bool', value: 1 };

/** The JSON files of a tokenizer with these tokens. Those in brackets are control tokens. */
async function filesOf(model: string, tokens: readonly string[], more: Record<string, GgufTestValue> = {}) {
  const metadata: Record<string, GgufTestValue> = {
    'general.architecture': text('llama'),
    'llama.block_count': u32(1),
    'llama.context_length': u32(64),
    'llama.embedding_length': u32(4),
    'llama.feed_forward_length': u32(4),
    'llama.attention.head_count': u32(1),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
    'tokenizer.ggml.model': text(model),
    'tokenizer.ggml.pre': text('gpt-2'),
    'tokenizer.ggml.tokens': texts(tokens),
    'tokenizer.ggml.scores': { type: 'f32s', value: tokens.map(() => 0) },
    'tokenizer.ggml.token_type': {
      type: 'i32s',
      value: tokens.map((token) => (/^<.+>$/.test(token) ? 3 : 1)),
    },
    'tokenizer.ggml.merges': texts([]),
    ...more,
  };
  const embeddings = { name: 'token_embd.weight', shape: [tokens.length, 4], type: 0 };
  const bytes = ggufBytes(metadata, [{ ...embeddings, bytes: new Uint8Array(16 * tokens.length) }]);
  const { files } = await ggufCheckpoint(memorySource(bytes, 'f.gguf'));
  const read = async (name: string) =>
    JSON.parse(new TextDecoder().decode(await files.find((file) => file.name === name)!.read()));
  return {
    tokenizer: await read('tokenizer.json'),
    config: await read('tokenizer_config.json'),
    generation: await read('generation_config.json'),
  };
}

const specials = ['<unk>', '<s>', '</s>'];

describe('the special tokens of a GGUF file', () => {
  it.each([
    ['none', {}],
    [
      'ids beyond the vocabulary',
      { 'tokenizer.ggml.bos_token_id': u32(99), 'tokenizer.ggml.eos_token_id': u32(99) },
    ],
  ])('are those of LLaMA if a SentencePiece file names %s', async (_, more) => {
    const { tokenizer, config, generation } = await filesOf('llama', [...specials, 'a'], more);
    expect(config).toMatchObject({
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
      pad_token: null,
    });
    expect(generation).toMatchObject({ bos_token_id: 1, eos_token_id: 2 });
    expect(tokenizer.post_processor.single[0]).toEqual({ SpecialToken: { id: '<s>', type_id: 0 } });
  });

  it('are none if a byte-level file names none', async () => {
    const { tokenizer, config } = await filesOf('gpt2', [...specials, 'a']);
    expect(config).toMatchObject({ bos_token: null, eos_token: null, unk_token: null });
    expect(tokenizer.post_processor).toBeNull();
  });

  it('end a reply if their text says so, those of a turn first', async () => {
    const tokens = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', 'a'];
    const eos = { 'tokenizer.ggml.eos_token_id': u32(0) };
    expect((await filesOf('gpt2', tokens, eos)).generation.eos_token_id).toEqual([0, 2]);
    expect((await filesOf('gpt2', tokens)).generation.eos_token_id).toEqual([2, 0]);
  });

  it('end a part of a reply, not the reply, in the harmony format', async () => {
    const { generation } = await filesOf('gpt2', ['<|end|>', '<|return|>', '<|call|>', 'a']);
    expect(generation.eos_token_id).toEqual([1, 2]);
    expect((await filesOf('gpt2', ['<|end|>', 'a'])).generation.eos_token_id).toBe(0);
  });

  it('take the white space after them in a Phi-3, as its name alone tells', async () => {
    const tokens = ['<unk>', '<s>', '<|endoftext|>', '<|user|>'];
    const rstrips = async (name: string) =>
      (await filesOf('gpt2', tokens, { 'general.name': text(name) })).tokenizer.added_tokens.map(
        ({ rstrip }: { rstrip: boolean }) => rstrip,
      );
    expect(await rstrips('Phi 4')).toEqual([false, false, false, false]);
    expect(await rstrips('Phi-3 Mini 4k')).toEqual([false, false, false, true]);
  });

  it('stand around a text if the file says so, or else by the split', async () => {
    const ids = { 'tokenizer.ggml.bos_token_id': u32(1), 'tokenizer.ggml.eos_token_id': u32(2) };
    const around = async (more: Record<string, GgufTestValue>) =>
      (await filesOf('gpt2', [...specials, 'a'], { ...ids, ...more })).tokenizer.post_processor?.single
        .length;
    expect(await around({})).toBeUndefined();
    expect(await around({ 'tokenizer.ggml.pre': text('tekken') })).toBe(2);
    expect(await around({ 'tokenizer.ggml.pre': text('minicpm5') })).toBeUndefined();
    expect(await around({ 'tokenizer.ggml.add_bos_token': yes, 'tokenizer.ggml.add_eos_token': yes })).toBe(
      3,
    );
  });
});
