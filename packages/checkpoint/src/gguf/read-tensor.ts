import { type ByteSource, readElements } from '../bytes/byte-source.js';
import { readAhead } from '../bytes/read-ahead.js';
import { elementCount, type TensorData } from '../checkpoint.js';
import { roundToBfloat16 } from '../dtypes/float16.js';
import { NarrowingOverflowError } from '../errors.js';
import type { GgufTensorInfo } from './header/read-header.js';
import { dequantize } from './quantized/dequantize.js';
import { GGML_TYPES, type GgmlQuantType } from './quantized/types.js';

/** Bytes of packed blocks that are read at a time: few enough to stay in a cache until they are dequantised. */
const CHUNK_BYTES = 2 ** 20;
/** Elements that are dequantised before they are rounded: few enough to stay in the cache of one core. */
const PIECE_ELEMENTS = 2 ** 15;

/**
 * Reads a tensor, and dequantises it. Holds two chunks of packed bytes beside the result.
 *
 * @param rounded a quantised tensor comes as `BF16`, without ever being in memory as a whole in float32.
 * @throws NarrowingOverflowError with the tensor's `name` if a finite element would become infinite in `rounded`
 */
export async function readTensor(
  source: ByteSource,
  { type, shape, position, byteLength }: GgufTensorInfo,
  name: string,
  rounded?: 'BF16',
): Promise<TensorData> {
  const count = elementCount(shape);
  if (type === 'F16' || type === 'BF16') {
    const data = new Uint16Array(count);
    await readElements(source, position, data);
    return { dtype: type, shape, data };
  }
  if (type === 'F32') {
    const data = new Float32Array(count);
    await readElements(source, position, data);
    return { dtype: 'F32', shape, data };
  }
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const chunkBytes = Math.floor(CHUNK_BYTES / blockBytes) * blockBytes;
  const chunks = readAhead(source, position, byteLength, chunkBytes);
  let element = 0;
  if (rounded === undefined) {
    const data = new Float32Array(count);
    for await (const blocks of chunks) {
      dequantize(type, blocks, data, element);
      element += (blocks.length / blockBytes) * blockSize;
    }
    return { dtype: 'F32', shape, data };
  }
  const data = new Uint16Array(count);
  const piece = new Float32Array(PIECE_ELEMENTS);
  for await (const blocks of chunks) {
    for (const part of piecesOf(type, blocks)) {
      const values = piece.subarray(0, (part.length / blockBytes) * blockSize);
      dequantize(type, part, values);
      const overflow = roundToBfloat16(values, data.subarray(element));
      if (overflow) throw new NarrowingOverflowError(name, element + overflow.index, overflow.value, rounded);
      element += values.length;
    }
  }
  return { dtype: rounded, shape, data };
}

/** Blocks of at most `PIECE_ELEMENTS` elements at a time. */
function* piecesOf(type: GgmlQuantType, blocks: Uint8Array): Generator<Uint8Array> {
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const bytes = (PIECE_ELEMENTS / blockSize) * blockBytes;
  for (let at = 0; at < blocks.length; at += bytes) yield blocks.subarray(at, at + bytes);
}
