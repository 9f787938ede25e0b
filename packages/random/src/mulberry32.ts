/**
 * Returns a generator of uniform numbers in [0, 1), a multiple of 2⁻³² each: mulberry32 (Tommy Ettinger, 2017).
 *
 * The order of calibration blocks and self-generated text depend on this sequence; it never changes.
 *
 * @param seed an integer; its lowest 32 bits are used.
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
