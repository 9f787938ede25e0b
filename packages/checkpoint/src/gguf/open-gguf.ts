import { type ByteSource, openFileSource, readElements } from '../bytes/byte-source.js';
import { readAhead } from '../bytes/read-ahead.js';
import type { Checkpoint, CheckpointFile, TensorData, TensorDType, TensorInfo } from '../checkpoint.js';
import { toFloat32 } from '../dtypes/convert.js';
import { CheckpointFormatError, CheckpointUnsupportedError, TensorMissingError } from '../errors.js';
import { elementCount } from '../safetensors/header.js';
import { type GgufMetadata, ggufMetadata } from './header/metadata.js';
import { type GgufTensorInfo, readGgufHeader } from './header/read-header.js';
import { SPLIT_COUNT } from './keys.js';
import { ggufArchitecture, readArchitecture } from './model/architectures.js';
import { ggufConfig } from './model/read-config.js';
import { ggufReadme } from './model/read-readme.js';
import { unpairRotaryRows } from './model/rotary-rows.js';
import { hasRotaryRows, huggingFaceName, ROPE_FACTORS } from './model/tensor-names.js';
import { dequantize } from './quantized/dequantize.js';
import { GGML_TYPES, type GgmlType } from './quantized/types.js';
import { ggufFiles } from './tokenizer/read-tokenizer.js';

/** Bytes of packed blocks that are read at a time: few enough to stay in a cache until they are dequantised. */
const CHUNK_BYTES = 2 ** 20;

/**
 * Opens a GGUF file of the llama family with the names, shapes `[out, in]`, row order, config and tokenizer files of a
 * Hugging Face folder. Quantised tensors are read as `F32`.
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
  const arch = readArchitecture(metadata);
  const { pairedRows } = ggufArchitecture(arch);
  if ((metadata.number(SPLIT_COUNT) ?? 1) > 1) {
    throw new CheckpointUnsupportedError(source.name, 'one part of a split GGUF', [
      'a single file: merge the parts',
    ]);
  }
  const ropeTensor = header.tensors.get(ROPE_FACTORS);
  const ropeFactors = ropeTensor && toFloat32(await readTensor(source, ropeTensor));
  const config = ggufConfig(metadata, header.tensors, ropeFactors);
  const headDim = Number(config.head_dim);

  const originals = new Map<string, GgufTensorInfo>();
  const tensors = new Map<string, TensorInfo>();
  for (const info of header.tensors.values()) {
    if (info.name === ROPE_FACTORS) continue;
    const name = huggingFaceName(info.name);
    if (name === undefined) {
      throw new CheckpointUnsupportedError(
        source.name,
        `tensor ${JSON.stringify(info.name)} in architecture ${arch}`,
      );
    }
    if (pairedRows && hasRotaryRows(name) && !(headDim % 2 === 0 && info.shape[0]! % headDim === 0)) {
      throw new CheckpointFormatError(
        source.name,
        `tensor ${info.name} has ${info.shape[0]} rows for heads of ${headDim}`,
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
      return pairedRows && hasRotaryRows(name) ? withUnpairedRows(tensor, headDim) : tensor;
    },
    close: () => source.close(),
  };
}

function readmeFile(metadata: GgufMetadata): readonly CheckpointFile[] {
  const text = ggufReadme(metadata);
  return text === undefined ? [] : [{ name: 'README.md', read: async () => new TextEncoder().encode(text) }];
}

function withUnpairedRows(tensor: TensorData, headDim: number): TensorData {
  const columns = elementCount(tensor.shape.slice(1));
  return tensor.dtype === 'F32'
    ? { ...tensor, data: unpairRotaryRows(tensor.data, headDim, columns) }
    : { ...tensor, data: unpairRotaryRows(tensor.data, headDim, columns) };
}

function dtypeOf(type: GgmlType): TensorDType {
  return type === 'F16' || type === 'BF16' ? type : 'F32';
}

/** Reads and dequantises a tensor. Holds two chunks of packed bytes beside the result. */
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
  const chunkBytes = Math.floor(CHUNK_BYTES / blockBytes) * blockBytes;
  let element = 0;
  for await (const blocks of readAhead(source, position, byteLength, chunkBytes)) {
    dequantize(type, blocks, data, element);
    element += (blocks.length / blockBytes) * blockSize;
  }
  return { dtype: 'F32', shape, data };
}
