import { expect, test } from 'vitest';
import { checkIds, rows, type TokenBatch } from './token-batch.js';

const batch: TokenBatch = { ids: Int32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] };

test('rows picks rows in the order given, repeats allowed', () => {
  expect(rows(batch, [2, 0, 2])).toEqual({ ids: Int32Array.of(5, 6, 1, 2, 5, 6), shape: [3, 2] });
});

test('rows refuses a row that is not there', () => {
  expect(() => rows(batch, [3])).toThrow(/row 3 of a batch of 3/);
  expect(() => rows(batch, [0.5])).toThrow(RangeError);
});

test('checkIds names the first id outside the vocabulary', () => {
  expect(() => checkIds(batch.ids, 7)).not.toThrow();
  expect(() => checkIds(batch.ids, 4)).toThrow(/token 3 has id 4, outside the vocabulary of 4/);
  expect(() => checkIds(Int32Array.of(0, -1), 4)).toThrow(/token 1 has id -1/);
});
