import { float32ToFloat16 } from '../../dtypes/float16.js';
import { NarrowingOverflowError } from '../../errors.js';
import { packQ4 } from './simple/q4.js';
import { packQ8 } from './simple/q8.js';
import { GGML_TYPES } from './types.js';

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
