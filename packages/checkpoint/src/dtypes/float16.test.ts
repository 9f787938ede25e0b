import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { convert, toFloat32 } from './convert.js';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './float16.js';

const everyPattern = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
const halves = float16ToFloat32(everyPattern);
const brains = bfloat16ToFloat32(everyPattern);

describe('float16', () => {
  it('knows the values of IEEE 754 binary16', () => {
    expect(halves[0x3c00]).toBe(1);
    expect(halves[0xc000]).toBe(-2);
    expect(halves[0x7bff]).toBe(65_504);
    expect(halves[0x0400]).toBe(2 ** -14);
    expect(halves[0x0001]).toBe(2 ** -24);
    expect(halves[0x7c00]).toBe(Infinity);
    expect(halves[0x7e00]).toBeNaN();
    expect(Object.is(halves[0x8000], -0)).toBe(true);
  });

  it('returns every pattern after widening and narrowing', () => {
    const same = (back: Uint16Array, wide: Float32Array) =>
      everyPattern.every(
        (bits, i) => back[i] === bits || (Number.isNaN(wide[i]) && isNaNPattern(back[i]!, wide)),
      );
    const isNaNPattern = (bits: number, wide: Float32Array) => Number.isNaN(wide[bits]);
    expect(same(float32ToFloat16(halves).data, halves)).toBe(true);
    expect(same(float32ToBfloat16(brains).data, brains)).toBe(true);
  });

  it('keeps NaN a NaN whatever its bits', () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff).buffer);
    expect([...float16ToFloat32(float32ToFloat16(nan).data)]).toEqual([NaN, NaN, NaN]);
    expect([...bfloat16ToFloat32(float32ToBfloat16(nan).data)]).toEqual([NaN, NaN, NaN]);
  });
});

/** Narrowing gives the nearest value of the table, and the even pattern when two are as near. */
function isNearest(x: number, bits: number, table: Float32Array): boolean {
  const distance = (pattern: number) => Math.abs(table[pattern]! - x);
  const rivals = [bits - 1, bits + 1].filter((r) => r >= 0 && r <= 0xffff && Number.isFinite(table[r]!));
  return rivals.every(
    (rival) => distance(bits) < distance(rival) || (distance(bits) === distance(rival) && bits % 2 === 0),
  );
}

const float = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((x) => x !== 0);

describe('narrowing', () => {
  it.prop([float], { numRuns: 2000 })('rounds to the nearest bfloat16, ties to even', (x) => {
    const { data, overflow } = float32ToBfloat16(Float32Array.of(x));
    fc.pre(overflow === undefined);
    expect(isNearest(x, data[0]!, brains)).toBe(true);
  });

  it.prop([fc.float({ min: -65_000, max: 65_000, noNaN: true }).filter((x) => x !== 0)], { numRuns: 2000 })(
    'rounds to the nearest float16, ties to even',
    (x) => {
      expect(isNearest(x, float32ToFloat16(Float32Array.of(x)).data[0]!, halves)).toBe(true);
    },
  );

  it('rounds exact ties to even, in the subnormals too', () => {
    const ties = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25, 2 ** -25 + 2 ** -40);
    expect([...float32ToFloat16(ties).data]).toEqual([0x3c00, 0x3c02, 0, 2, 1]);
    expect([...float32ToBfloat16(Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8)).data]).toEqual([
      0x3f80, 0x3f82,
    ]);
  });

  it('reports the first finite number that became infinite', () => {
    const large = Float32Array.of(Infinity, 65_519, 65_520, 1e30, 3.4e38);
    expect(float32ToFloat16(large).overflow).toEqual({ index: 2, value: 65_520 });
    expect(float32ToBfloat16(large).overflow).toEqual({ index: 4, value: Math.fround(3.4e38) });
    expect(() => convert({ dtype: 'F32', shape: [5], data: large }, 'BF16', 'w')).toThrow(
      'w: 3.3999999521443642e+38 at element 4 is beyond the range of BF16',
    );
  });

  it('goes between the two 16-bit types through float32', () => {
    const half = { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0x0001) } as const;
    expect([...toFloat32(convert(half, 'BF16'))]).toEqual([1, 2 ** -24]);
  });
});
