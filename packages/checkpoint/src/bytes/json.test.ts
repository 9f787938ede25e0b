import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { parseJsonObject } from './json.js';

const parse = (text: string) => parseJsonObject(new TextEncoder().encode(text), 'f.json');

describe('parseJsonObject', () => {
  it.prop([fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())])(
    'reads what JSON.stringify writes',
    (value) => {
      const text = JSON.stringify(value, null, 1);
      expect(parse(text)).toEqual(JSON.parse(text));
    },
  );

  it.each([
    ['{"a":1,"a":1}', 'a key occurs twice'],
    ['{"a":{"b":":","b":2}}', 'a key occurs twice'],
    ['{"\\u0061":1,"a":1}', 'a key occurs twice'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['{"a":', 'not valid JSON'],
    ['', 'not valid JSON'],
    [`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'not valid JSON'],
  ])('refuses %.30s', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJsonObject(Uint8Array.of(0x7b, 0xff, 0x7d), 'f.json')).toThrow('not UTF-8');
  });

  it('keeps a key that would change a prototype an ordinary key', () => {
    const value = parse('{"__proto__":{"polluted":1}}');
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect('polluted' in {}).toBe(false);
  });
});
