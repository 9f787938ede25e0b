import { expect, it } from 'vitest';
import { formatBytes, formatCount, formatParameters, formatSeconds, formatShare } from './format.js';

it('writes numbers as people read them', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(formatShare(0.5273)).toBe('52.7%');
  expect([0, 1023, 1536, 2 ** 31].map(formatBytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '2.0 GiB']);
  expect([512, 36864, 134515008, 6.74e9].map(formatParameters)).toEqual(['512', '36.9K', '134.5M', '6.74B']);
  expect([4.4, 59.7, 75, 3725].map(formatSeconds)).toEqual(['4s', '1m00s', '1m15s', '1h02m']);
});
