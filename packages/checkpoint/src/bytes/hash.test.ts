import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { hashOf, updateHash } from './hash.js';

it('hashes the bytes of a view, and no others of its buffer', () => {
  const numbers = Float32Array.of(1, 2, 3).subarray(1);
  const bytes = new Uint8Array(numbers.buffer, 4, 8);
  expect(hashOf(numbers)).toBe(createHash('sha256').update(bytes).digest('hex'));
});

it('takes more bytes than one update of a hash may have', () => {
  const sizes: number[] = [];
  const hash = {
    update(chunk: Uint8Array) {
      sizes.push(chunk.byteLength);
      return this;
    },
  };
  updateHash(hash as never, new Uint8Array(2 ** 31 + 5)); // nothing touches it, so it takes no memory
  expect(Math.max(...sizes)).toBeLessThan(2 ** 31);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2 ** 31 + 5);
});
