import { describe, expect, it } from 'vitest';
import { safeTokenizerJson } from './tokenizer-json.js';

const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };
const check = (document: unknown) => safeTokenizerJson(JSON.stringify(document), 'a model');
const split = (Regex: string) => ({
  model,
  pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
});
const special = { '<s>': { id: '<s>', ids: [0], tokens: ['a'] } };
const template = (changes: object) => ({
  model,
  post_processor: { type: 'TemplateProcessing', single: [], pair: [], special_tokens: special, ...changes },
});
const nested = (depth: number): object =>
  depth === 0 ? { type: 'NFC' } : { type: 'Sequence', normalizers: [nested(depth - 1)] };
const unigram = (entry: unknown) => ({ model: { type: 'Unigram', vocab: [['a', -1], entry] } });

describe('safeTokenizerJson', () => {
  it('returns the document without truncation and padding', () => {
    const document = { version: '1.0', truncation: { max_length: 2 }, padding: {}, model, more: [1] };
    expect(JSON.parse(check(document))).toEqual({ ...document, truncation: null, padding: null });
  });

  it.each([
    ['the oldest files, which name no type of model', { model: { vocab: { a: 0 }, merges: [] } }],
    ['sequences within sequences', { model, normalizer: nested(4) }],
    ['merges as pairs', { model: { ...model, merges: [['a', 'b']] } }],
    ['tokens with scores', unigram(['b', -2.5])],
    ['a template', template({ single: [{ SpecialToken: { id: '<s>', type_id: 0 } }] })],
    ['null for what is not there', { model, normalizer: null, added_tokens: null, decoder: null }],
    ['a key named __proto__', JSON.parse('{"model":{"vocab":{"__proto__":1},"merges":[]}}')],
  ])('takes %s', (_, document) => {
    expect(() => check(document)).not.toThrow();
  });

  it.each([
    ['no object', [], 'the document is a list of 0; expected an object'],
    ['no model', {}, 'model is missing; expected an object'],
    [
      'an unknown model',
      { model: { type: 'New' } },
      'model.type is "New"; expected one of BPE, Unigram, WordLevel',
    ],
    ['an inherited name as a type', { model: { type: 'toString' } }, 'model.type is "toString"'],
    [
      'a negative id',
      { model: { ...model, vocab: { 'a b': -1 } } },
      'model.vocab["a b"] is -1; expected an integer',
    ],
    ['a fraction as an id', { model: { ...model, vocab: { a: 1.5 } } }, 'model.vocab.a is 1.5'],
    ['an id of 2³¹', { model: { ...model, vocab: { a: 2 ** 31 } } }, 'from 0 to 2147483647'],
    [
      'an id that __proto__ hides',
      JSON.parse('{"model":{"vocab":{"__proto__":"x"},"merges":[]}}'),
      'model.vocab.__proto__ is "x"',
    ],
    [
      'a merge of one token',
      { model: { ...model, merges: ['ab'] } },
      'model.merges[0] is "ab"; expected a pair',
    ],
    [
      'a merge of three',
      { model: { ...model, merges: [['a', 'b', 'a']] } },
      'model.merges[0] is a list of 3',
    ],
    [
      'a merge outside the vocabulary',
      { model: { ...model, merges: ['b a'] } },
      'expected two tokens that, like their union, are in the vocabulary; "ba" is not',
    ],
    ['a subword prefix', { model: { ...model, continuing_subword_prefix: '##' } }, 'is "##"; expected ""'],
    ['dropout', { model: { ...model, dropout: 0.1 } }, 'model.dropout is 0.1; expected 0'],
    ['a score that is text', unigram(['b', '2']), 'model.vocab[1][1] is "2"; expected a finite number'],
    [
      'a token without a score',
      unigram(['b']),
      'model.vocab[1] is a list of 1; expected a token and its score',
    ],
    ['three levels too many', { model, normalizer: nested(5) }, 'normalizers[0].type is "Sequence"'],
    [
      'a flag that is a number',
      { model, added_tokens: [{ id: 0, content: 'a', single_word: 1 }] },
      'single_word is 1; expected true or false',
    ],
    [
      'a pattern of two kinds',
      { model, normalizer: { type: 'Replace', pattern: { String: 'a', Regex: 'b' }, content: '' } },
      'expected an object with one key, String or Regex',
    ],
    ['an empty pattern', split(''), 'pattern.Regex is ""; expected a string of at least one character'],
    [
      'a costly pattern',
      split('(a*)*b'),
      'pattern.Regex is "(a*)*b"; expected a regular expression of bounded cost, and this one repeats',
    ],
    [
      'a decoder that strips ends',
      { model, decoder: { type: 'Strip', content: ' ', start: 1, stop: 1 } },
      'decoder.stop is 1; expected 0',
    ],
    [
      'a strip of two characters',
      { model, decoder: { type: 'Strip', content: '  ', start: 1, stop: 0 } },
      'decoder.content is "  "; expected one character',
    ],
    [
      'a special token not described',
      template({ single: [{ SpecialToken: { id: '</s>', type_id: 0 } }] }),
      'post_processor.single[0].SpecialToken.id is "</s>"; expected a key of special_tokens',
    ],
    [
      'a special token with an inherited name',
      template({ pair: [{ SpecialToken: { id: 'constructor', type_id: 0 } }] }),
      'expected a key of special_tokens',
    ],
    [
      'a second sequence in a single text',
      template({ single: [{ Sequence: { id: 'B', type_id: 0 } }] }),
      'Sequence.id is "B"; expected "A"',
    ],
    ['a piece that is neither', template({ single: [{ Other: {} }] }), 'one key, SpecialToken or Sequence'],
    [
      'fewer ids than tokens',
      template({ special_tokens: { '<s>': { id: '<s>', ids: [], tokens: ['a'] } } }),
      'special_tokens["<s>"].ids is a list of 0; expected one id for each of 1 tokens',
    ],
  ])('refuses %s', (_, document, message) => {
    expect(() => check(document)).toThrow(expect.objectContaining({ code: 'GRASP_TOKENIZER_FORMAT' }));
    expect(() => check(document)).toThrow(message);
  });

  it('refuses what is not JSON', () => {
    expect(() => safeTokenizerJson('{', 'a model')).toThrow(/a model .*tokenizer\.json is not JSON/);
  });

  it('refuses a file that is nested too deeply, before it is parsed', () => {
    const json = `{"model":${'{"a":['.repeat(1e4)}${']}'.repeat(1e4)}}`;
    expect(() => safeTokenizerJson(json, 'a model')).toThrow('levels deep');
  });

  it('stops at the first of millions of problems', () => {
    const vocab = new Array(2_000_000).fill(0);
    const start = process.memoryUsage().heapUsed;
    expect(() => check({ model: { type: 'Unigram', vocab } })).toThrow('model.vocab[0] is 0');
    expect(process.memoryUsage().heapUsed - start).toBeLessThan(2 ** 28);
  });
});
