/**
 * Undoes the row order that llama's GGUF files use for q and k. There the rotary pairs of a head lie next to each
 * other; in Hugging Face checkpoints they lie half a head apart: row `2i + p` of a head moves to `p · h/2 + i`.
 *
 * @param data `[heads · h, columns]`, row-major
 */
export function undoRotaryRows<T extends Float32Array | Uint16Array>(
  data: T,
  heads: number,
  columns: number,
): T {
  const rows = data.length / columns;
  const h = rows / heads;
  const half = h / 2;
  const out = data.slice() as T;
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < half; i++) {
      for (let p = 0; p < 2; p++) {
        const from = (head * h + 2 * i + p) * columns;
        out.set(data.subarray(from, from + columns), (head * h + p * half + i) * columns);
      }
    }
  }
  return out;
}
