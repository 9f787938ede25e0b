import { type ByteSource, openFileSource, readElements } from './byte-source.js';
import type { Checkpoint, CheckpointFile, TensorData, TensorDType, TensorInfo } from './checkpoint.js';
import { toFloat32 } from './convert.js';
import { dequantize } from './dequantize.js';
import { CheckpointFormatError, CheckpointUnsupportedError, TensorMissingError } from './errors.js';
import { GGML_TYPES, type GgmlType } from './ggml-types.js';
import { type GgufArchitecture, ggufArchitecture, ggufConfig } from './gguf-config.js';
import { type GgufTensorInfo, readGgufHeader } from './gguf-header.js';
import { type GgufMetadata, ggufMetadata } from './gguf-metadata.js';
import { huggingFaceName } from './gguf-names.js';
import { ggufReadme } from './gguf-readme.js';
import { ggufFiles } from './gguf-tokenizer.js';
import { undoRotaryRows } from './rotary-rows.js';
import { elementCount } from './safetensors-header.js';

const ROPE_FREQS = 'rope_freqs.weight';
/** Bytes of packed blocks held while dequantising. */
const CHUNK_BYTES = 16 * 2 ** 20;

/**
 * Opens a GGUF file of the llama family as if it were a Hugging Face folder: names, shapes `[out, in]`, row order
 * and config. Quantised tensors are read as `F32`.
 *
 * @throws CheckpointMissingError, CheckpointReadError, CheckpointFormatError, CheckpointUnsupportedError
 */
export async function openGguf(path: string): Promise<Checkpoint> {
  const source = await openFileSource(path);
  try {
    return await ggufCheckpoint(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A GGUF checkpoint from any source of bytes. */
export async function ggufCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const header = readGgufHeader(source);
  const metadata = ggufMetadata(header, source.name);
  const arch = ggufArchitecture(metadata);
  if ((metadata.number('split.count') ?? 1) > 1) {
    throw new CheckpointUnsupportedError(source.name, 'one part of a split GGUF', [
      'a single file: merge the parts',
    ]);
  }
  const ropeFreqs = header.tensors.get(ROPE_FREQS);
  const ropeFactors = ropeFreqs && toFloat32(await readTensor(source, ropeFreqs));
  const config = ggufConfig(metadata, header.tensors, ropeFactors);
  const headSize = Number(config.head_dim);

  const originals = new Map<string, GgufTensorInfo>();
  const tensors = new Map<string, TensorInfo>();
  for (const info of header.tensors.values()) {
    if (info.name === ROPE_FREQS) continue;
    const name = huggingFaceName(info.name);
    if (name === undefined) {
      throw new CheckpointUnsupportedError(
        source.name,
        `tensor ${JSON.stringify(info.name)} in architecture ${arch}`,
      );
    }
    if (hasRotaryRows(info.name, arch) && !(headSize % 2 === 0 && info.shape[0]! % headSize === 0)) {
      throw new CheckpointFormatError(
        source.name,
        `tensor ${info.name} has ${info.shape[0]} rows for heads of ${headSize}`,
      );
    }
    originals.set(name, info);
    tensors.set(name, { name, dtype: dtypeOf(info.type), shape: info.shape });
  }
  return {
    source: source.name,
    config,
    tensors,
    files: [...readmeFile(metadata), ...ggufFiles(metadata)],
    async read(name) {
      const info = originals.get(name);
      if (info === undefined) throw new TensorMissingError(source.name, name);
      const tensor = await readTensor(source, info);
      return hasRotaryRows(info.name, arch) ? withRows(tensor, info.shape[0]! / headSize) : tensor;
    },
    close: () => source.close(),
  };
}

function readmeFile(metadata: GgufMetadata): readonly CheckpointFile[] {
  const text = ggufReadme(metadata);
  return text === undefined ? [] : [{ name: 'README.md', read: async () => new TextEncoder().encode(text) }];
}

/** Whether a tensor's rows are in the order that llama's files have for q and k. */
function hasRotaryRows(name: string, arch: GgufArchitecture): boolean {
  return (arch === 'llama' || arch === 'deci') && /\.attn_[qk]\.(weight|bias)$/.test(name);
}

function withRows(tensor: TensorData, heads: number): TensorData {
  const columns = elementCount(tensor.shape.slice(1));
  return tensor.dtype === 'F32'
    ? { ...tensor, data: undoRotaryRows(tensor.data, heads, columns) }
    : { ...tensor, data: undoRotaryRows(tensor.data, heads, columns) };
}

function dtypeOf(type: GgmlType): TensorDType {
  return type === 'F16' || type === 'BF16' ? type : 'F32';
}

/** A tensor as the file has it, dequantised. Beside the result, one chunk of packed bytes is held. */
async function readTensor(source: ByteSource, info: GgufTensorInfo): Promise<TensorData> {
  const { type, shape, position, byteLength } = info;
  if (type === 'F16' || type === 'BF16') {
    const data = new Uint16Array(elementCount(shape));
    await readElements(source, position, data);
    return { dtype: type, shape, data };
  }
  const data = new Float32Array(elementCount(shape));
  if (type === 'F32') {
    await readElements(source, position, data);
    return { dtype: 'F32', shape, data };
  }
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const chunkBlocks = Math.floor(CHUNK_BYTES / blockBytes);
  const chunk = new Uint8Array(Math.min(byteLength, chunkBlocks * blockBytes));
  for (let at = 0; at < byteLength; at += chunk.length) {
    const bytes = chunk.subarray(0, Math.min(chunk.length, byteLength - at));
    await source.read(position + at, bytes);
    dequantize(type, bytes, data, (at / blockBytes) * blockSize);
  }
  return { dtype: 'F32', shape, data };
}
