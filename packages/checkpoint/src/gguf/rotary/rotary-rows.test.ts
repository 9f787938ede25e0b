import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairRotaryRows, unpairRotaryRows } from './rotary-rows.js';

describe('the rows of q and k', () => {
  // 2 heads of 4 rows, 2 columns; a row holds its Hugging Face position twice.
  const rows = (...order: number[]) => Float32Array.from(order.flatMap((row) => [row, row]));
  const huggingFace = rows(0, 1, 2, 3, 4, 5, 6, 7);
  const gguf = rows(0, 2, 1, 3, 4, 6, 5, 7);

  it('lie in pairs in a GGUF file, and half a head apart in a Hugging Face checkpoint', () => {
    expect(pairRotaryRows(huggingFace, 4, 2)).toEqual(gguf);
    expect(unpairRotaryRows(gguf, 4, 2)).toEqual(huggingFace);
    expect(unpairRotaryRows(Uint16Array.of(10, 12, 11, 13), 4, 1)).toEqual(Uint16Array.of(10, 11, 12, 13));
  });

  it('come back as they were', () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(size, size, size, (heads, half, columns) => {
        const data = Float32Array.from({ length: heads * 2 * half * columns }, (_, i) => i);
        expect(unpairRotaryRows(pairRotaryRows(data, 2 * half, columns), 2 * half, columns)).toEqual(data);
      }),
    );
  });
});
