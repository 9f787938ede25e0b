/**
 * The two rows of a rotary pair lie half a head apart in Hugging Face checkpoints, and next to each other in llama's
 * GGUF files: row `p · h/2 + i` of a head of `h` rows is row `2i + p` in a GGUF file, for p in {0, 1}.
 */

/**
 * Reorders the rows of q or k from Hugging Face's order to that of llama's GGUF files.
 *
 * @param data `[heads · headDim, columns]`, row-major
 * @returns a copy
 */
export function pairRotaryRows<T extends Float32Array | Uint16Array>(
  data: T,
  headDim: number,
  columns: number,
): T {
  return reorder(data, headDim, columns, true);
}

/** Undoes `pairRotaryRows`. */
export function unpairRotaryRows<T extends Float32Array | Uint16Array>(
  data: T,
  headDim: number,
  columns: number,
): T {
  return reorder(data, headDim, columns, false);
}

function reorder<T extends Float32Array | Uint16Array>(
  data: T,
  headDim: number,
  columns: number,
  pair: boolean,
): T {
  const out = data.slice() as T;
  const half = headDim / 2;
  for (let row = 0; row < data.length / columns; row++) {
    const inHead = row % headDim;
    const paired = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    const [from, to] = pair ? [row, paired] : [paired, row];
    out.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
  }
  return out;
}
