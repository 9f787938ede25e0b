import type { ByteSource } from '../../bytes/byte-source.js';
import { readAhead } from '../../bytes/read-ahead.js';
import { dequantize } from '../quantized/dequantize.js';
import { dequantizeToBfloat16 } from '../quantized/dequantize-bfloat16.js';
import { GGML_TYPES, type GgmlQuantType } from '../quantized/types.js';

/** Quantised blocks that follow one another in a file, and where their elements go. */
export interface Part {
  readonly type: GgmlQuantType;
  /** First byte in the file, and the bytes of whole blocks from there. */
  readonly position: number;
  readonly byteLength: number;
  /** Filled from the first element on: float32, or patterns of bfloat16. */
  readonly out: Float32Array | Uint16Array;
}

/** Bytes of packed blocks that are read at a time: few enough to stay in a cache until they are dequantised. */
const CHUNK_BYTES = 2 ** 20;

/** Reads and dequantises a part. Holds two chunks of packed bytes beside the result. */
export async function fillPart(source: ByteSource, { type, position, byteLength, out }: Part): Promise<void> {
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const chunkBytes = Math.floor(CHUNK_BYTES / blockBytes) * blockBytes;
  let element = 0;
  for await (const blocks of readAhead(source, position, byteLength, chunkBytes)) {
    const elements = (blocks.length / blockBytes) * blockSize;
    if (out instanceof Float32Array) dequantize(type, blocks, out, element);
    else dequantizeToBfloat16(type, blocks, out.subarray(element, element + elements));
    element += elements;
  }
}

/** Cuts a part into at most `count` parts of about the same size. */
export function splitPart({ type, position, byteLength, out }: Part, count: number): Part[] {
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const blocks = Math.ceil(byteLength / blockBytes / count);
  const parts: Part[] = [];
  for (let first = 0; first * blockBytes < byteLength; first += blocks) {
    const bytes = Math.min(blocks * blockBytes, byteLength - first * blockBytes);
    const element = first * blockSize;
    parts.push({
      type,
      position: position + first * blockBytes,
      byteLength: bytes,
      out: out.subarray(element, element + (bytes / blockBytes) * blockSize),
    });
  }
  return parts;
}
