import { type ByteSource, readElements } from '../bytes/byte-source.js';
import { readAhead } from '../bytes/read-ahead.js';
import { elementCount, type TensorData } from '../checkpoint.js';
import type { GgufTensorInfo } from './header/read-header.js';
import { dequantize } from './quantized/dequantize.js';
import { dequantizeToBfloat16 } from './quantized/dequantize-bfloat16.js';
import { GGML_TYPES } from './quantized/types.js';

/** Bytes of packed blocks that are read at a time: few enough to stay in a cache until they are dequantised. */
const CHUNK_BYTES = 2 ** 20;

/**
 * Reads a tensor, and dequantises it. Holds two chunks of packed bytes beside the result.
 *
 * @param rounded a quantised tensor comes as `BF16`, without ever being in memory as a whole in float32
 */
export async function readTensor(
  source: ByteSource,
  { type, shape, position, byteLength }: GgufTensorInfo,
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
  for await (const blocks of chunks) {
    const elements = (blocks.length / blockBytes) * blockSize;
    dequantizeToBfloat16(type, blocks, data.subarray(element, element + elements));
    element += elements;
  }
  return { dtype: rounded, shape, data };
}
