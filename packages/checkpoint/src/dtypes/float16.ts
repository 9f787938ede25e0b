/** The first finite element that becomes infinite in a narrower format. */
export interface Overflow {
  readonly index: number;
  readonly value: number;
}

/** The float32 value of each binary16 pattern. */
const HALF_VALUES = Float32Array.from({ length: 65_536 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** The value of a binary16 pattern. */
export function float16Value(half: number): number {
  return HALF_VALUES[half]!;
}

/** The binary16 number in two little-endian bytes. */
export function float16At(bytes: Uint8Array, at: number): number {
  return HALF_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

/** Converts binary16 patterns to float32, exactly. Writes to `target` if it is given. */
export function float16ToFloat32(
  source: Uint16Array,
  target = new Float32Array(source.length),
): Float32Array {
  for (let i = 0; i < source.length; i++) target[i] = HALF_VALUES[source[i]!]!;
  return target;
}

/** Converts bfloat16 patterns, the upper halves of float32, exactly. Writes to `target` if it is given. */
export function bfloat16ToFloat32(
  source: Uint16Array,
  target = new Float32Array(source.length),
): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  return target;
}

/** Rounds float32 to bfloat16, to nearest, ties to even. Reports the first finite number that becomes infinite. */
export function float32ToBfloat16(source: Float32Array): {
  data: Uint16Array<ArrayBuffer>;
  overflow?: Overflow;
} {
  const data = new Uint16Array(source.length);
  const overflow = roundToBfloat16(source, data);
  return overflow ? { data, overflow } : { data };
}

/** As `float32ToBfloat16`, into the first elements of `target`. */
export function roundToBfloat16(source: Float32Array, target: Uint16Array): Overflow | undefined {
  const bits = new Int32Array(source.buffer, source.byteOffset, source.length);
  return roundBitsToBfloat16(bits, target) ? undefined : fixLarge(source, bits, target);
}

/**
 * Rounds the bits of float32 numbers to bfloat16.
 *
 * @returns false if a number is NaN, infinite, or rounds to infinity: the result of a NaN is then wrong
 */
export function roundBitsToBfloat16(bits: Int32Array, target: Uint16Array): boolean {
  let largest = 0;
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!;
    const magnitude = x & 0x7fffffff;
    if (magnitude > largest) largest = magnitude;
    target[i] = (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return largest < LARGE;
}

/** Magnitudes from here on round to infinity, or are NaN, whose bits must not be rounded. Both are rare. */
const LARGE = 0x7f7f8000;

function fixLarge(source: Float32Array, bits: Int32Array, target: Uint16Array): Overflow | undefined {
  let first = -1;
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude > 0x7f800000) target[i] = (bits[i]! >>> 16) | 0x40;
    else if (first < 0 && magnitude >= LARGE && magnitude < 0x7f800000) first = i;
  }
  return first < 0 ? undefined : { index: first, value: source[first]! };
}

/** Rounds float32 to binary16, to nearest, ties to even. Reports the first finite number that becomes infinite. */
export function float32ToFloat16(source: Float32Array): {
  data: Uint16Array<ArrayBuffer>;
  overflow?: Overflow;
} {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  const data = new Uint16Array(source.length);
  let first = -1;
  for (let i = 0; i < bits.length; i++) {
    const half = halfBits(bits[i]!);
    data[i] = half;
    if (first < 0 && (half & 0x7fff) === 0x7c00 && (bits[i]! & 0x7fffffff) < 0x7f800000) first = i;
  }
  return first < 0 ? { data } : { data, overflow: { index: first, value: source[first]! } };
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The binary16 pattern nearest to a float32 number, ties to even. */
export function float16Bits(value: number): number {
  single[0] = value;
  return halfBits(singleBits[0]!);
}

function halfBits(x: number): number {
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65,520 and up round to infinity
  if (magnitude >= 0x38800000) {
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  if (magnitude <= 0x33000000) return sign; // 2^-25 and below round to zero
  // Subnormal: the significand in units of 2^-24.
  const shift = 126 - (magnitude >>> 23);
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const half = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (rest > tie || (rest === tie && half & 1) ? half + 1 : half);
}
