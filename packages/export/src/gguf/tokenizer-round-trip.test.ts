import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteLevelPresetName, openCheckpoint } from '@grasp/checkpoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonFiles, madeUpModel } from '../../test/made-up-model.js';
import { sentencePieceFiles } from '../../test/sentence-piece.js';
import { writeGguf } from '../index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-gguf-tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true }));

const llama = madeUpModel({ model_type: 'llama', vocab_size: 400 });

/** tokenizer.json and tokenizer_config.json as they come back from a GGUF file. */
async function throughGguf(files: ReturnType<typeof jsonFiles>) {
  const file = join(folder, 'model.gguf');
  await writeGguf({ ...llama, files }, file, { type: 'f16', overwrite: true });
  const back = await openCheckpoint(file);
  const json = async (name: string) =>
    JSON.parse(new TextDecoder().decode(await back.files.find((entry) => entry.name === name)!.read()));
  try {
    return {
      tokenizer: await json('tokenizer.json'),
      config: await json('tokenizer_config.json'),
      generation: await json('generation_config.json'),
    };
  } finally {
    await back.close();
  }
}

const bos = { id: 5, content: '<|begin|>', special: true };
const eos = { id: 6, content: '<|end|>', special: true };
const user = { id: 7, content: '<tool>', special: false };
const vocab = { a: 0, b: 1, c: 2, ab: 3, abc: 4 };
const words = (digits: string) => ({
  type: 'Split',
  pattern: {
    Regex: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  },
  behavior: 'Isolated',
  invert: false,
});
const byteLevel = (use_regex: boolean, trim_offsets: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets,
  use_regex,
});
const template = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: bos.content, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
};

/** As published: GPT-2 has one step alone, LLaMA-3 its template in a sequence, Qwen other `trim_offsets`. */
const published = {
  'GPT-2': {
    pre_tokenizer: byteLevel(true, true),
    normalizer: null,
    ignore_merges: false,
    post: byteLevel(true, false),
  },
  SmolLM: {
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true, true)],
    },
    normalizer: null,
    ignore_merges: false,
    post: null,
  },
  Qwen: {
    pre_tokenizer: { type: 'Sequence', pretokenizers: [words('\\p{N}'), byteLevel(false, false)] },
    normalizer: { type: 'NFC' },
    ignore_merges: false,
    post: byteLevel(false, false),
  },
  'LLaMA-3': {
    pre_tokenizer: { type: 'Sequence', pretokenizers: [words('\\p{N}{1,3}'), byteLevel(false, true)] },
    normalizer: null,
    ignore_merges: true,
    post: { type: 'Sequence', processors: [byteLevel(true, false), template] },
  },
};

const isolated = (Regex: string) => ({
  type: 'Split',
  pattern: { Regex },
  behavior: 'Isolated',
  invert: false,
});
/** The pattern of Tekken, and with suffixes and three digits that of GPT-4o. */
const cased = (suffix: string, digits: string) =>
  isolated(
    `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${suffix}|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${suffix}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );

describe('byteLevelPresetName', () => {
  it.each([
    ['gpt-2', [], true, false],
    ['dbrx', [words('\\p{N}{1,3}')], false, false],
    ['llama-bpe', [words('\\p{N}{1,3}')], false, true],
    ['dbrx', [{ ...words('\\p{N}{1,3}'), behavior: 'Removed', invert: true }], false, false],
    ['stablelm2', [words('\\p{N}{1}')], false, false],
    ['tekken', [cased('', '\\p{N}')], false, true],
    ['gpt-4o', [cased("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", '\\p{N}{1,3}')], false, false],
    [undefined, [words('\\p{N}{1,4}')], false, false],
    [
      undefined,
      [{ ...isolated(' ?[^(\\s|.,!?…。，、।۔،)]+'), behavior: 'Removed', invert: true }],
      false,
      false,
    ],
  ])('is %s', (name, splits, gpt2Words, ignore_merges) => {
    const pre_tokenizer = { type: 'Sequence', pretokenizers: [...splits, byteLevel(gpt2Words, true)] };
    expect(byteLevelPresetName({ pre_tokenizer, model: { ignore_merges } })).toBe(name);
  });
});

describe('tokenizerMetadata', () => {
  it.each(Object.entries(published))('gives back a tokenizer like that of %s', async (name, parts) => {
    const { pre_tokenizer, normalizer, ignore_merges, post } = parts;
    const { tokenizer, config, generation } = await throughGguf(
      jsonFiles({
        'tokenizer.json': {
          added_tokens: [bos, eos, user],
          normalizer,
          pre_tokenizer,
          post_processor: post,
          // Older files join the two with a space.
          model: { type: 'BPE', vocab, merges: ['a b', ['ab', 'c']], ignore_merges },
        },
        'tokenizer_config.json': { bos_token: { content: bos.content }, eos_token: eos.content },
        'generation_config.json': { eos_token_id: [eos.id, user.id] },
      }),
    );
    const steps = 'pretokenizers' in pre_tokenizer ? pre_tokenizer.pretokenizers : [pre_tokenizer];
    const untrimmed = (step: object) => ({ ...step, trim_offsets: undefined });
    expect(tokenizer.pre_tokenizer.pretokenizers.map(untrimmed)).toEqual(steps.map(untrimmed));
    expect(tokenizer.normalizer).toEqual(normalizer);
    expect(tokenizer.model).toMatchObject({
      merges: [
        ['a', 'b'],
        ['ab', 'c'],
      ],
      ignore_merges,
    });
    expect(tokenizer.model.vocab).toEqual({
      ...vocab,
      [bos.content]: 5,
      [eos.content]: 6,
      [user.content]: 7,
    });
    expect(tokenizer.added_tokens).toMatchObject([bos, eos, user]);
    const single = tokenizer.post_processor?.single ?? [];
    expect(single).toEqual(name === 'LLaMA-3' ? template.single : []);
    expect(config).toMatchObject({ bos_token: bos.content, eos_token: eos.content });
    expect(generation.eos_token_id).toEqual([eos.id, user.id]);
  });

  it('refuses a processor of BERT, which puts other tokens around a text', async () => {
    const post_processor = { type: 'BertProcessing', sep: ['a', 0], cls: ['b', 1] };
    const { pre_tokenizer } = published['GPT-2'];
    const files = {
      'tokenizer.json': { pre_tokenizer, post_processor, model: { type: 'BPE', vocab, merges: [] } },
    };
    await expect(throughGguf(jsonFiles(files))).rejects.toThrow('a tokenizer with BertProcessing');
  });

  it('gives back a SentencePiece tokenizer, its merges in order', async () => {
    const files = sentencePieceFiles(['ab', 'abab', '▁a', 'ba', '▁ab', 'cab']);
    const before = JSON.parse(new TextDecoder().decode(await files[0]!.read()));
    const { tokenizer } = await throughGguf(files);
    expect(tokenizer.model.merges).toEqual(before.model.merges);
    expect(tokenizer.model.vocab).toEqual(before.model.vocab);
    expect(tokenizer.model).toMatchObject({ byte_fallback: true, unk_token: '<unk>' });
    expect(tokenizer.normalizer).toEqual(before.normalizer);
    expect(tokenizer.post_processor.single[0]).toEqual({ SpecialToken: { id: '<s>', type_id: 0 } });
  });
});
