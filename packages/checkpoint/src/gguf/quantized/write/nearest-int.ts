/** 1.5 · 2^23: float32 numbers around it are the integers. */
const MAGIC = 12_582_912;
const value = new Float32Array(1);
const bits = new Int32Array(value.buffer);

/**
 * The nearest integer of a float32 number, ties to even, as ggml computes it: by adding a large number and taking the low
 * bits of the sum. For NaN and beyond ±2^22 the result is what those bits are.
 */
export function nearestInt(x: number): number {
  const sum = Math.fround(x + MAGIC);
  if (sum >= 2 ** 23 && sum < 2 ** 24) return sum - MAGIC;
  value[0] = sum;
  return (bits[0]! & 0x7fffff) - 0x400000;
}

export function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}
