import { type ByteSource, openFileSource, readElements } from '../bytes/byte-source.js';
import { readAhead } from '../bytes/read-ahead.js';
import type { Checkpoint, CheckpointFile, TensorData, TensorDType, TensorInfo } from '../checkpoint.js';
import { toFloat32 } from '../dtypes/convert.js';
import { CheckpointUnsupportedError, TensorMissingError } from '../errors.js';
import { elementCount } from '../safetensors/header.js';
import type { GgufArchitecture } from './architectures/architecture.js';
import { readArchitecture } from './architectures/index.js';
import { type GgufMetadata, ggufMetadata } from './header/metadata.js';
import { type GgufTensorInfo, readGgufHeader } from './header/read-header.js';
import { SPLIT_COUNT } from './keys.js';
import { ggufConfig } from './model/read-config.js';
import { ggufReadme } from './model/read-readme.js';
import { fromStoredForm, isNorm } from './model/stored-form.js';
import { storedTensors } from './model/stored-tensors.js';
import { ROPE_TENSORS } from './model/tensor-names.js';
import { dequantize } from './quantized/dequantize.js';
import { GGML_TYPES, type GgmlType } from './quantized/types.js';
import type { RopeTensors } from './rotary/rope-scaling.js';
import { ggufFiles } from './tokenizer/read-tokenizer.js';

/** Bytes of packed blocks that are read at a time: few enough to stay in a cache until they are dequantised. */
const CHUNK_BYTES = 2 ** 20;

/**
 * Opens a GGUF file with the names, shapes `[out, in]`, row order, config and tokenizer files of a
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
  if ((metadata.number(SPLIT_COUNT) ?? 1) > 1) {
    throw new CheckpointUnsupportedError(source.name, 'one part of a split GGUF', [
      'a single file: merge the parts',
    ]);
  }
  const config = ggufConfig(metadata, header.tensors, await readRopeTensors(source, header.tensors));
  const headDim = Number(config.head_dim);
  const stored = storedTensors(source.name, header.tensors, arch, config);
  const tensors = new Map<string, TensorInfo>(
    [...stored].map(([name, { type, shape }]) => [name, { name, dtype: dtypeOf(name, type, arch), shape }]),
  );
  return {
    source: source.name,
    config,
    tensors,
    files: [...readmeFile(metadata), ...ggufFiles(metadata)],
    async read(name) {
      const info = stored.get(name);
      if (info === undefined) throw new TensorMissingError(source.name, name);
      return fromStoredForm(arch, name, await readTensor(source, info), headDim);
    },
    close: () => source.close(),
  };
}

function readmeFile(metadata: GgufMetadata): readonly CheckpointFile[] {
  const text = ggufReadme(metadata);
  return text === undefined ? [] : [{ name: 'README.md', read: async () => new TextEncoder().encode(text) }];
}

async function readRopeTensors(
  source: ByteSource,
  tensors: ReadonlyMap<string, GgufTensorInfo>,
): Promise<RopeTensors> {
  const found: [string, Float32Array][] = [];
  for (const [kind, name] of Object.entries(ROPE_TENSORS)) {
    const info = tensors.get(name);
    if (info) found.push([kind, toFloat32(await readTensor(source, info))]);
  }
  return Object.fromEntries(found);
}

/** Norms with an offset are given in float32. */
function dtypeOf(name: string, type: GgmlType, { normOffset }: GgufArchitecture): TensorDType {
  return (type === 'F16' || type === 'BF16') && !(normOffset && isNorm(name)) ? type : 'F32';
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
