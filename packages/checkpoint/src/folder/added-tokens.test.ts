import { describe, expect, it } from 'vitest';
import { completeTokenizerJson } from '../index.js';

const model = { type: 'BPE', vocab: { a: 0, b: 1, '<pad>': 2 }, merges: [] };
const token = (content: string, id: number) => ({
  id,
  content,
  special: true,
  lstrip: false,
  rstrip: false,
  normalized: false,
  single_word: false,
});

/** Text and id of every added token, with the given files. */
async function added(files: Readonly<Record<string, unknown>>, own: readonly object[] = []) {
  const all = { 'tokenizer.json': { model, added_tokens: own }, ...files };
  const json = await completeTokenizerJson({
    source: 'model',
    files: Object.entries(all).map(([name, value]) => ({
      name,
      read: async () => new TextEncoder().encode(JSON.stringify(value)),
    })),
  });
  const tokens: { content: string; id: number; special: boolean; normalized: boolean }[] = JSON.parse(
    json!,
  ).added_tokens;
  return tokens.map(({ content, id, special, normalized }) => [content, id, special, normalized]);
}

describe('completeTokenizerJson', () => {
  it('adds the tokens of added_tokens.json by their order', async () => {
    const files = {
      'added_tokens.json': { '<z>': 4, '<y>': 3 },
      'special_tokens_map.json': { eos_token: '<z>' },
    };
    expect(await added(files)).toEqual([
      ['<y>', 3, false, true],
      ['<z>', 4, true, false],
    ]);
  });

  it('adds those of added_tokens_decoder, and then leaves added_tokens.json alone', async () => {
    const decoder = { 10: { content: '<ten>', special: false }, 9: { content: '<nine>', special: true } };
    const files = {
      'tokenizer_config.json': { added_tokens_decoder: decoder },
      'added_tokens.json': { '<z>': 3 },
    };
    expect(await added(files)).toEqual([
      ['<nine>', 3, true, false],
      ['<ten>', 4, false, true],
    ]);
  });

  it('adds special tokens of tokenizer_config.json and special_tokens_map.json', async () => {
    const files = {
      'tokenizer_config.json': {
        eos_token: { content: '<eos>', rstrip: true },
        pad_token: '<pad>',
        additional_special_tokens: ['<one>', { content: '<two>' }],
        extra_special_tokens: { image_token: '<image>' },
      },
      'special_tokens_map.json': { bos_token: '<bos>' },
    };
    expect(await added(files)).toEqual([
      ['<bos>', 3, true, false],
      ['<eos>', 4, true, false],
      ['<pad>', 2, true, false],
      ['<one>', 5, true, false],
      ['<two>', 6, true, false],
      ['<image>', 7, true, false],
    ]);
  });

  it('leaves out a token of added_tokens.json whose id tokenizer.json gives to another', async () => {
    const files = { 'added_tokens.json': { '<z>': 8, '<y>': 3 } };
    expect(await added(files, [token('<own>', 8)])).toEqual([
      ['<own>', 8, true, false],
      ['<y>', 9, false, true],
    ]);
  });

  it('joins the additional tokens of both files, and takes none of the map beside an added_tokens_decoder', async () => {
    const files = (more: object) => ({
      'tokenizer_config.json': { additional_special_tokens: ['<one>'], ...more },
      'special_tokens_map.json': { additional_special_tokens: ['<two>', '<one>'], sep_token: '<sep>' },
    });
    const texts = async (more: object) => (await added(files(more))).map(([content]) => content);
    expect(await texts({})).toEqual(['<sep>', '<one>', '<two>']);
    expect(await texts({ added_tokens_decoder: {} })).toEqual(['<one>']);
  });

  it('keeps what tokenizer.json adds, and ignores values that are no tokens', async () => {
    const files = {
      'tokenizer_config.json': { eos_token: '<own>', bos_token: 7, unk_token: '', pad_token: null },
    };
    expect(await added(files, [token('<own>', 8)])).toEqual([['<own>', 8, true, false]]);
    expect(
      (await added({ 'tokenizer_config.json': { eos_token: '<n>' } }, [token('<own>', 8)])).at(-1),
    ).toEqual(['<n>', 9, true, false]);
  });
});
