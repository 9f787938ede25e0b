/**
 * Brings rows of q or k into the order in which llama's GGUF files hold them: the two rows of a rotary pair, half a
 * head apart in Hugging Face checkpoints, lie next to each other. Row `p · h/2 + i` of a head moves to `2i + p`.
 *
 * @param data `[heads · h, columns]`, row-major
 */
export function interleaveRotaryRows<T extends Float32Array | Uint16Array>(
  data: T,
  headSize: number,
  columns: number,
): T {
  const out = data.slice() as T;
  const half = headSize / 2;
  for (let row = 0; row < data.length / columns; row++) {
    const inHead = row % headSize;
    const to = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    out.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}
