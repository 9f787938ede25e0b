import { describe, expect, it } from 'vitest';
import { unsafePattern } from './safe-pattern.js';

/** Splitting patterns of published tokenizers. */
const IN_USE = {
  'Llama 3': String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  'GPT-2': String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  'GPT-4o': String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  DeepSeek: String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${'`'}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  BLOOM: ' ?[^(\\s|[.,!?…。，、।۔،])]+',
  'digits from the right': String.raw`(?=(\d{3})+(?!\d))`,
  Tekken: String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  CLIP: String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`,
  'DeepSeek, words': String.raw`\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿ]+`,
  spaces: ' {2,}',
  'DeepSeek, spaces at the end': String.raw`\s+$`,
  CJK: '[一-龥\u3040-ゟ゠-ヿ]+',
};

describe('unsafePattern', () => {
  it.each(Object.entries(IN_USE))('takes the pattern of %s', (_, pattern) => {
    expect(unsafePattern(pattern)).toBeUndefined();
  });

  it.each([
    ['(a*)*b', 'no fixed length'],
    ['(a|aa)+$', 'no fixed length'],
    ['(?:a+)+c', 'no fixed length'],
    ['((a{1,9}){1,9}){1,9}', 'no fixed length'],
    ['.*.*.*z', 'open-ended'],
    ['(.*)(.*)(.*)z', 'open-ended'],
    ['(?:a+|b+b+)c+', 'open-ended'],
    ['a{0,1000}a{0,1000}a{0,1000}', 'open-ended'],
    ['\\p{L}*\\p{L}*1', 'open-ended'],
    ['\\p{L}*1', 'no later alternative'],
    ['(?:\\p{L}+)?1', 'no later alternative'],
    ['(?:\\p{L}+|x)1|\\p{N}+', 'no later alternative'],
    ['(?=\\p{L}*1)', 'without taking them'],
    ['(?=\\p{L}*1)|\\p{L}+', 'without taking them'],
    ['(?=\\s|\\w{0,9}[^a]+|\\s{1,3})', 'without taking them'],
    ['(?<!a+)b', 'without taking them'],
    ['a{0,17}b', 'no later alternative'],
    ['((((a{16}){16}){16}){16})', 'written out'],
    ['a{5000}', 'written out'],
    ['a?a?a?a?a?a?a?a?a?b', 'too many ways'],
    ['a{0,9}a{0,9}a{0,9}a{0,9}b', 'too many ways'],
    ['(a?|b?|c?)(a?|b?|c?)(a?|b?|c?)(a?|b?|c?)d', 'too many ways'],
    ['a**', 'repeats a repetition'],
    ['a{2}{2}', 'repeats a repetition'],
    ['*a', 'repeats nothing'],
    ['(?<n>a)', 'kind of group'],
    ['(?>a)', 'kind of group'],
    ['(a)\\1', 'escape'],
    ['\\g<0>', 'escape'],
    ['(', 'not closed'],
    ['a)', 'closes nothing'],
    ['[a', 'not closed'],
    ['('.repeat(20) + ')'.repeat(20), 'too deeply'],
    ['a'.repeat(5000), 'more than 4096'],
  ])('refuses %.40s', (pattern, reason) => {
    expect(unsafePattern(pattern)).toContain(reason);
  });
});
