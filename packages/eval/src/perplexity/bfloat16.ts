const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Rounds to the nearest bfloat16, ties to even. NaN and infinities are returned unchanged. */
export function roundToBfloat16(value: number): number {
  if (!Number.isFinite(value)) return value;
  float[0] = value;
  const word = bits[0]!;
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return float[0]!;
}
