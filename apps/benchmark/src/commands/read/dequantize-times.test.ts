import { expect, it } from 'vitest';
import { dequantizeTimes, QUANTISED_TYPES } from './dequantize-times.js';

it('times every quantised type', () => {
  const times = dequantizeTimes(1);
  expect(times.map(({ type }) => type)).toEqual(QUANTISED_TYPES);
  for (const { nanosecondsPerValue, megabytesPerSecond } of times) {
    expect(nanosecondsPerValue).toBeGreaterThan(0);
    expect(megabytesPerSecond).toBeGreaterThan(0);
  }
});
