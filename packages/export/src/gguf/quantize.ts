import { float32ToFloat16, GGML_TYPES, NarrowingOverflowError } from '@grasp/checkpoint';

/** Block formats this package writes. */
export type QuantType = 'Q8_0' | 'Q4_0';

const BLOCK = 32;

/**
 * Quantises whole blocks of 32, with the rounding of ggml's reference code, to the same bytes.
 *
 * @param values a multiple of 32 elements, so that no block spans two rows.
 * @param name the tensor's, for the message.
 * @throws NarrowingOverflowError if a block's scale is beyond float16.
 */
export function quantize(type: QuantType, values: Float32Array, name: string): Uint8Array {
  const blocks = values.length / BLOCK;
  const { blockBytes } = GGML_TYPES[type];
  const out = new Uint8Array(blocks * blockBytes);
  const scales = new Float32Array(blocks);
  const pack = type === 'Q8_0' ? packQ8 : packQ4;
  for (let block = 0; block < blocks; block++) {
    scales[block] = pack(values, block * BLOCK, out, block * blockBytes + 2);
  }
  const { data, overflow } = float32ToFloat16(scales);
  if (overflow) throw new NarrowingOverflowError(name, overflow.index * BLOCK, overflow.value, 'F16');
  data.forEach((half, block) => {
    out[block * blockBytes] = half & 0xff;
    out[block * blockBytes + 1] = half >> 8;
  });
  return out;
}

/** Signed bytes: the largest magnitude becomes 127. Halves are rounded away from zero. */
function packQ8(values: Float32Array, from: number, out: Uint8Array, to: number): number {
  let largest = 0;
  for (let i = 0; i < BLOCK; i++) largest = Math.max(largest, Math.abs(values[from + i]!));
  const scale = Math.fround(largest / 127);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  for (let i = 0; i < BLOCK; i++) {
    const x = Math.fround(values[from + i]! * inverse);
    out[to + i] = Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
  }
  return scale;
}

/** Values 0 to 15 around 8, low halves first: the element of largest magnitude becomes 0, so the scale has a sign. */
function packQ4(values: Float32Array, from: number, out: Uint8Array, to: number): number {
  let extreme = 0;
  for (let i = 0; i < BLOCK; i++) {
    const x = values[from + i]!;
    if (Math.abs(x) > Math.abs(extreme)) extreme = x;
  }
  const scale = Math.fround(extreme / -8);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  const level = (i: number) => {
    const x = Math.fround(values[from + i]! * inverse);
    return Math.min(15, Math.trunc(Math.fround(x + 8.5)));
  };
  for (let i = 0; i < BLOCK / 2; i++) out[to + i] = level(i) | (level(i + BLOCK / 2) << 4);
  return scale;
}
