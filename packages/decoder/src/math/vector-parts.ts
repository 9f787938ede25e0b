/** Takes the parts of a vector one after another, as views. */
export function readerOf(vector: Float32Array): (length: number) => Float32Array {
  let at = 0;
  return (length) => {
    const start = at;
    at += length;
    return vector.subarray(start, at);
  };
}

/** Vectors one after another. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  const next = readerOf(whole);
  for (const part of parts) next(part.length).set(part);
  return whole;
}
