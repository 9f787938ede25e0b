import { applyJsonEdit, type Json, jsonEdits } from '@grasp/testing/fuzz';
import fc from 'fast-check';
import { parseTokenizer } from '../src/load-tokenizer.js';

const values: readonly Json[] = [
  null,
  true,
  0,
  1,
  2,
  -1,
  1.5,
  2 ** 31 - 1,
  2 ** 32 - 1,
  2 ** 53,
  '',
  'a',
  '▁',
  '<s>',
  'ab',
  'é',
  '\u0301',
  '\0',
  '(',
  'a*',
  '(a*)*b',
  '\\p{L}*',
  '|',
  '(?=a)',
  '^',
  '\\b',
  '[',
  '.{0,5000}',
  [],
  {},
  ['a', 'b'],
  [''],
  'first',
  'Removed',
  'MergedWithNext',
  'NFD',
  'Fuse',
  'ByteFallback',
  'Digits',
  'Unigram',
  '<0x41>',
];
const special = (id: number, content: string, isSpecial = true) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: isSpecial,
});
const bos = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
  special_tokens: { '<s>': { id: '<s>', ids: [3], tokens: ['<s>'] } },
};
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const replace = (from: string, to: string) => ({ type: 'Replace', pattern: { String: from }, content: to });

/** One tokenizer of each family, small. */
const seeds: readonly Json[] = [
  {
    version: '1.0',
    added_tokens: [special(3, '<s>'), special(4, 'tool', false)],
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, replace(' ', '▁')] },
    pre_tokenizer: null,
    post_processor: bos,
    decoder: {
      type: 'Sequence',
      decoders: [
        replace('▁', ' '),
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: { a: 0, b: 1, ab: 2, '<s>': 3, tool: 4, '<unk>': 5, '▁': 6, '▁a': 7, '<0xC3>': 8, '<0xA9>': 9 },
      merges: [
        ['a', 'b'],
        ['▁', 'a'],
      ],
    },
  },
  {
    version: '1.0',
    added_tokens: [],
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+" },
          behavior: 'Isolated',
          invert: false,
        },
        { type: 'Digits', individual_digits: true },
        byteLevel,
      ],
    },
    post_processor: { type: 'Sequence', processors: [byteLevel, bos] },
    decoder: byteLevel,
    model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2, '<s>': 3, Ġ: 4 }, merges: ['a b'] },
  },
  {
    version: '1.0',
    added_tokens: [],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFKC' },
        { type: 'Strip', strip_left: true, strip_right: true },
        { type: 'Lowercase' },
        { type: 'StripAccents' },
      ],
    },
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: metaspace,
    model: {
      type: 'Unigram',
      unk_id: 0,
      byte_fallback: false,
      vocab: [
        ['<unk>', 0],
        ['▁', -1],
        ['a', -2.5],
        ['ab', -1.5],
      ],
    },
  },
  {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Punctuation', behavior: 'Isolated' },
        { type: 'Whitespace' },
        { type: 'WhitespaceSplit' },
      ],
    },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: { a: 0, b: 7, '[UNK]': 1 }, unk_token: '[UNK]' },
  },
];

const texts = [
  'ab 12 <s> a é\n tool abc',
  '',
  '   ',
  "don't STOP 123456 \u0301\u200b日本 😀\r\n\t",
  `${'a'.repeat(300)}b`,
];

/**
 * Changed tokenizer files: each loads and works on some texts, or ends in a typed error. What must not happen ends
 * the process, so a failure shows as a lost test worker.
 *
 * @param onCase told every case before it runs
 */
export async function fuzzTokenizers(
  runs: number,
  { seed, onCase }: { readonly seed?: number; readonly onCase?: (json: string) => void } = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), jsonEdits(values), async (base, edits) => {
      const document = structuredClone(base);
      for (const change of edits) applyJsonEdit(document, change, seeds);
      try {
        const json = JSON.stringify(document);
        onCase?.(json);
        const tokenizer = parseTokenizer(json, 'fuzzed');
        for (const text of texts) await tokenizer.decode(await tokenizer.encode(text));
        await tokenizer.decode([0, 1, 2, 3, 99, 2 ** 32 - 1], { skipSpecialTokens: false });
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'GRASP_TOKENIZER_FORMAT'))
          throw error;
      }
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
}
