import { expect, test } from 'vitest';
import { capitalize, codePoints, splitTrailingSpace, strip } from './python-text.js';

// Expected values are what CPython 3.11 gives.
test('strip takes Python white space, and only that', () => {
  expect(strip(' \t\u00a0\u3000a b\u001c\u0085\n')).toBe('a b');
  expect(strip('\ufeffa\u200b')).toBe('\ufeffa\u200b');
  expect(strip('   ')).toBe('');
});

test('splitTrailingSpace loses nothing', () => {
  expect(splitTrailingSpace('a b \n')).toEqual(['a b', ' \n']);
  expect(splitTrailingSpace('a')).toEqual(['a', '']);
});

test('capitalize lowers the rest', () => {
  expect(capitalize('the NBA')).toBe('The nba');
  expect(capitalize('élan')).toBe('Élan');
  expect(capitalize('')).toBe('');
});

test('codePoints counts characters, not UTF-16 units', () => {
  expect(codePoints('a😀é')).toBe(3);
});
