/** About five round numbers within the values' range: multiples of 1, 2 or 5 times a power of ten. */
export function ticks(values: readonly number[]): number[] {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!(high > low)) return values.slice(0, 1);
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
  const first = Math.ceil(low / step);
  // 0.3, not 0.30000000000000004.
  const rounded = (value: number) => Number(value.toPrecision(12));
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => rounded((first + i) * step));
}
