import { parseHealSettings, parseSettings } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import {
  count,
  countOrZero,
  healSettingsObject,
  list,
  listOf,
  positive,
  ratio,
  ratios,
  settingsObject,
} from './option-values.js';

describe('option values', () => {
  it('reads integers', () => {
    expect([count('1'), count('12'), countOrZero('0'), countOrZero('3')]).toEqual([1, 12, 0, 3]);
    for (const text of ['0', '-1', '1.5', 'x', '', '0x10', '1e400'])
      expect(() => count(text), text).toThrow('positive integer');
    expect(() => countOrZero('-1')).toThrow('positive integer');
  });

  it('reads numbers greater than 0', () => {
    expect([positive('0.5'), positive('124.75')]).toEqual([0.5, 124.75]);
    for (const text of ['0', '-1', 'x', '', '1e400'])
      expect(() => positive(text), text).toThrow('greater than 0');
  });

  it('reads lists', () => {
    expect(list('a,,b')).toEqual(['a', 'b']);
    expect(listOf(['a', 'b'])('b,a')).toEqual(['b', 'a']);
    expect(() => listOf(['a', 'b'])('a,c')).toThrow('one or more of a, b');
  });

  it('reads keep ratios above 0 and up to 1', () => {
    expect(ratios('1,0.5')).toEqual([1, 0.5]);
    for (const text of ['', '0', '0.5,1.1', '-0.5', 'x', '0.5,,0.4', '0x1'])
      expect(() => ratios(text), text).toThrow('at most 1');
  });

  it('reads one keep ratio, and words', () => {
    expect(ratio('0.5')).toBe(0.5);
    for (const text of ['', 'x', '0', '1.5', '0x1', '0.5,0.4'])
      expect(() => ratio(text), text).toThrow('at most 1');
    expect(list('a,b')).toEqual(['a', 'b']);
    for (const text of ['', ',']) expect(() => list(text), text).toThrow('one or more words');
  });

  it('reads JSON objects, and nothing else that is JSON', () => {
    expect(settingsObject('{"blocks": 4}')).toEqual({ blocks: 4 });
    for (const text of ['[1]', 'null', '3', '"ab"', '{'])
      expect(() => settingsObject(text), text).toThrow('JSON object');
  });

  it.each([
    [settingsObject, parseSettings],
    [healSettingsObject, parseHealSettings],
  ])('gives an example of an object that is accepted', (read, parse) => {
    const message = (() => {
      try {
        return String(read('{x'));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    const [, example = ''] = /such as (.*)\.$/.exec(message) ?? [];
    expect(() => parse(read(example) as never)).not.toThrow();
  });
});
