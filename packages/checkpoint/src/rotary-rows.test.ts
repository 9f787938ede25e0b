import { expect, it } from 'vitest';
import { undoRotaryRows } from './rotary-rows.js';

it('moves the rows of each head from pairs to halves', () => {
  // 2 heads of 4 rows, 2 columns; a row holds its Hugging Face position twice.
  const pairs = [0, 2, 1, 3, 4, 6, 5, 7];
  const data = Float32Array.from(pairs.flatMap((row) => [row, row]));
  expect([...undoRotaryRows(data, 2, 2)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7].flatMap((row) => [row, row]));
});

it('moves 16-bit patterns alike', () => {
  expect([...undoRotaryRows(Uint16Array.of(10, 12, 11, 13), 1, 1)]).toEqual([10, 11, 12, 13]);
});
