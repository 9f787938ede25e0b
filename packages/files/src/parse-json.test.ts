import { describe, expect, it } from 'vitest';
import { JSON_LIMITS, parseJson } from './parse-json.js';

const nested = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);

describe('parseJson', () => {
  it.each(['{"a":[1,{"b":"]}[{"}]}', '"\\"[[["', '"\\\\"', 'null', '[]', ' {"\\u005b": "\\\\\\""} '])(
    'reads %s',
    (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    },
  );

  it('refuses a document that is nested too deeply before it parses it', () => {
    expect(parseJson(nested(JSON_LIMITS.depth, '[', ']'))).toBeInstanceOf(Array);
    for (const text of [
      nested(JSON_LIMITS.depth + 1, '[', ']'),
      nested(50_000, '[{"a":', '}]'),
      nested(50_000, '[', ''),
      `{"a":"\\"","b":${nested(1e6, ' [', ' ]')}}`,
    ]) {
      expect(() => parseJson(text)).toThrow('levels deep');
    }
  });

  it('counts the levels of a list, not its elements', () => {
    expect(parseJson(`[${'[],'.repeat(1000)}{}]`)).toHaveLength(1001);
  });

  it('refuses millions of empty lists', () => {
    expect(() => parseJson(`[${'{},'.repeat(JSON_LIMITS.containers)}0]`)).toThrow('lists and objects');
  });

  it.each(['{', '', '[1,]', '"', '"\\', ']]]]'])('refuses %j as JSON.parse does', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});
