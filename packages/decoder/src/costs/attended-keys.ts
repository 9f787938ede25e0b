/**
 * Keys that a causal query meets, on average over the queries of a row.
 *
 * @param length queries of the row, `T`
 * @param window most keys that a query sees, itself included. Default: all keys up to its own.
 * @param queryBlock queries multiplied at once: each of them meets every key that one of the block sees. Default: each
 *   query meets its own keys. Their mean is then taken as an integral over the positions, `T / 2` without a window.
 */
export function attendedKeys(length: number, window = length, queryBlock?: number): number {
  const span = Math.min(window, length);
  if (length === 0) return 0;
  if (queryBlock === undefined) return span - span ** 2 / (2 * length);
  let pairs = 0;
  for (let start = 0; start < length; start += queryBlock) {
    const end = Math.min(start + queryBlock, length);
    const first = Math.max(0, start + 1 - span);
    pairs += (end - start) * (end - first);
  }
  return pairs / length;
}
