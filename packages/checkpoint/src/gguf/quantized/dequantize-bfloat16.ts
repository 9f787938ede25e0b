import { roundToBfloat16 } from '../../dtypes/float16.js';
import { dequantize } from './dequantize.js';
import { roundQ4K } from './k-quants/q4-k-bfloat16.js';
import { GGML_TYPES, type GgmlQuantType } from './types.js';

/** Elements that are dequantised before they are rounded: few enough to stay in the cache of one core. */
const PIECE_ELEMENTS = 2 ** 15;
const piece = new Float32Array(PIECE_ELEMENTS);

/**
 * Dequantises whole blocks and rounds them to bfloat16. No type has finite values beyond the range of bfloat16.
 *
 * @param bytes a whole number of blocks of `type`, beginning at a multiple of 4 in their buffer
 * @param out one pattern an element, beginning at a multiple of 4 in their buffer
 */
export function dequantizeToBfloat16(type: GgmlQuantType, bytes: Uint8Array, out: Uint16Array): void {
  if (type === 'Q4_K' && roundQ4K(bytes, out)) return;
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const pieceBytes = (PIECE_ELEMENTS / blockSize) * blockBytes;
  for (let at = 0, element = 0; at < bytes.length; at += pieceBytes, element += PIECE_ELEMENTS) {
    const blocks = bytes.subarray(at, at + pieceBytes);
    const values = piece.subarray(0, (blocks.length / blockBytes) * blockSize);
    dequantize(type, blocks, values);
    roundToBfloat16(values, out.subarray(element));
  }
}
