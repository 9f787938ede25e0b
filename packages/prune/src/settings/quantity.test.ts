import { expect, it } from 'vitest';
import { counted } from './quantity.js';

it('counts in words', () => {
  expect([0, 1, 2].map((count) => counted(count, 'worker'))).toEqual(['0 workers', '1 worker', '2 workers']);
});
