import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantize } from './dequantize.js';
import { isQuantType, type QuantType, quantize } from './quantize.js';
import { GGML_TYPES } from './types.js';

/** Rows and their blocks as ggml makes them. Made by test/python/quantized_rows.py, which describes them. */
const FIXTURE = JSON.parse(
  readFileSync(new URL('../../../test/quantized-rows.json', import.meta.url), 'utf8'),
) as {
  readonly columns: number;
  readonly rows: readonly string[];
  readonly values: string;
  readonly importance: string;
  readonly plain: Readonly<Record<QuantType, string>>;
  readonly byImportance: Readonly<Partial<Record<QuantType, string>>>;
};
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const floatsOf = (text: string) => new Float32Array(bytesOf(text).buffer);

describe('quantize, compared with ggml', () => {
  const { columns, rows } = FIXTURE;
  const [values, importance] = [floatsOf(FIXTURE.values), floatsOf(FIXTURE.importance)];

  it.each([
    ...Object.entries(FIXTURE.plain).map((entry) => [...entry, undefined] as const),
    ...Object.entries(FIXTURE.byImportance).map((entry) => [...entry, importance] as const),
  ])('%s: the same bytes', (type, expected, given) => {
    if (!isQuantType(type)) throw new Error(`${type} is not written`);
    const { blockSize, blockBytes } = GGML_TYPES[type];
    const actual = quantize(type, values, { columns, importance: given, name: 'w' });
    const expectedBytes = bytesOf(expected);
    expect(actual.length).toBe(expectedBytes.length);
    const rowBytes = (columns / blockSize) * blockBytes;
    const different = rows.filter((_, row) => {
      const range = [row * rowBytes, (row + 1) * rowBytes] as const;
      return Buffer.compare(actual.subarray(...range), expectedBytes.subarray(...range)) !== 0;
    });
    expect(different).toEqual([]);
  });

  it('stays finite where columns have no importance at all', () => {
    for (const type of ['Q4_K', 'Q5_K', 'Q6_K', 'Q5_0', 'Q5_1'] as const) {
      for (const known of [0, 1, 64]) {
        const sparse = importance.map((value, column) => (column < known ? value : 0));
        const back = new Float32Array(values.length);
        dequantize(type, quantize(type, values, { columns, importance: sparse, name: 'w' }), back);
        expect(back.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('rows do not depend on each other', () => {
    for (const type of ['Q4_K', 'Q5_0'] as const) {
      const whole = quantize(type, values, { columns, importance, name: 'w' });
      const parts = rows.map((_, row) =>
        quantize(type, values.subarray(row * columns, (row + 1) * columns), { importance, name: 'w' }),
      );
      expect(Buffer.concat(parts).equals(whole)).toBe(true);
    }
  });
});

const block = fc
  .array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 32, maxLength: 32 })
  .map((values) => Float32Array.from(values));

const roundTrip = (type: 'Q8_0' | 'Q4_0', values: Float32Array): Float32Array => {
  const back = new Float32Array(values.length);
  dequantize(type, quantize(type, values, { name: 'w' }), back);
  return back;
};

describe('quantize', () => {
  it.each([
    ['Q8_0', 127, 0.5],
    // The end opposite to the extreme has 7 steps instead of 8.
    ['Q4_0', 8, 1],
  ] as const)('%s is within half a step, one at the short end', (type, levels, steps) => {
    fc.assert(
      fc.property(block, (values) => {
        const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        const step = largest / levels;
        // The scale is stored in float16: 2^-11 relative, or half its smallest step for tiny ones.
        const rounding = largest * 2 ** -11 + levels * 2 ** -25;
        roundTrip(type, values).forEach((x, i) => {
          expect(Math.abs(x - values[i]!)).toBeLessThanOrEqual(steps * step + rounding);
        });
      }),
    );
  });

  it.each(['Q8_0', 'Q4_0'] as const)('%s of what it gave is the same again', (type) => {
    // Exact scales: integers times a power of two, the extreme among them.
    const extreme = type === 'Q8_0' ? 127 : -8;
    const values = Float32Array.from({ length: 64 }, (_, i) => (i % 32 === 5 ? extreme : (i % 15) - 7) / 4);
    expect(roundTrip(type, values)).toEqual(values);
  });

  it('gives the bytes of ggml', () => {
    // Scale 1 = 0x3c00; low nibbles hold the first half, around 8.
    const values = Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? -8 : (i % 15) - 7));
    const bytes = quantize('Q4_0', values, { name: 'w' });
    expect(bytes.length).toBe(GGML_TYPES.Q4_0.blockBytes);
    expect(Array.from(bytes.subarray(0, 4))).toEqual([0x00, 0x3c, 0x20, 0x32]);
    const q8 = quantize(
      'Q8_0',
      Float32Array.from({ length: 32 }, (_, i) => (i === 1 ? -127 : i / 2)),
      { name: 'w' },
    );
    // Halves away from zero: 0.5 → 1 (at 1 there is the extreme), 1.5 → 2.
    expect(Array.from(q8.subarray(0, 6))).toEqual([0x00, 0x3c, 0, 0x81, 1, 2]);
  });

  it('gives zeros for zeros, and refuses a scale beyond float16', () => {
    expect(roundTrip('Q8_0', new Float32Array(32)).every((x) => x === 0)).toBe(true);
    expect(roundTrip('Q4_0', new Float32Array(32)).every((x) => x === 0)).toBe(true);
    for (const type of Object.keys(FIXTURE.plain) as QuantType[]) {
      const values = new Float32Array(512);
      values[300] = -1e9;
      const first = Math.floor(300 / GGML_TYPES[type].blockSize) * GGML_TYPES[type].blockSize;
      expect(() => quantize(type, values, { name: 'w' }), type).toThrow(`at element ${first}`);
    }
  });
});
