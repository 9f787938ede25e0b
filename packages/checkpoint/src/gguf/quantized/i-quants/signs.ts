/** The signs of eight values from seven stored bits, bit set for minus. The number of minuses is even. */
export function evenSigns(seven: number): number {
  const four = seven ^ (seven >> 4);
  const two = four ^ (four >> 2);
  return seven | (((two ^ (two >> 1)) & 1) << 7);
}

/** Writes `count` values from `to` on: those of `grid` at `from`, times `scale`, negated where `signs` has a bit. */
export function putSigned(
  out: Float32Array,
  to: number,
  grid: Int8Array,
  from: number,
  count: number,
  scale: number,
  signs: number,
): void {
  for (let j = 0; j < count; j++) {
    const value = scale * grid[from + j]!;
    out[to + j] = (signs >> j) & 1 ? -value : value;
  }
}
