import { type ByteSource, readElements } from '../bytes/byte-source.js';
import { elementCount, type TensorData } from '../checkpoint.js';
import type { GgufTensorInfo } from './header/read-header.js';
import type { PartThreads } from './threads/part-threads.js';

/**
 * Reads a tensor, and dequantises it.
 *
 * @param rounded a quantised tensor comes as `BF16`, without ever being in memory as a whole in float32
 */
export async function readTensor(
  source: ByteSource,
  threads: PartThreads,
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
  if (rounded === undefined) {
    const out = new Float32Array(threads.allocate(4 * count, byteLength));
    await threads.fill({ type, position, byteLength, out });
    return { dtype: 'F32', shape, data: out };
  }
  const out = new Uint16Array(threads.allocate(2 * count, byteLength));
  await threads.fill({ type, position, byteLength, out });
  return { dtype: rounded, shape, data: out };
}
