import { expect, it } from 'vitest';
import { formatItems } from './format.js';

it('names one item and several', () => {
  expect([0, 1, 1234].map((count) => formatItems(count, 'layer'))).toEqual([
    '0 layers',
    '1 layer',
    '1,234 layers',
  ]);
});
