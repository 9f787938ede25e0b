import { type ByteSource, openFileSource } from '../bytes/byte-source.js';
import type { Checkpoint, CheckpointFile, StoredTensors, TensorDType, TensorInfo } from '../checkpoint.js';
import { toFloat32 } from '../dtypes/convert.js';
import { CheckpointUnsupportedError, TensorMissingError } from '../errors.js';
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
import type { GgmlType } from './quantized/types.js';
import { readTensor } from './read-tensor.js';
import type { RopeTensors } from './rotary/rope-scaling.js';
import { PartThreads } from './threads/part-threads.js';
import { ggufFiles } from './tokenizer/read-tokenizer.js';

/**
 * Opens a GGUF file with the names, shapes `[out, in]`, row order, config and tokenizer files of a
 * Hugging Face folder. Quantised tensors are read as `F32`.
 *
 * @param threads as in `openCheckpoint`
 * @throws CheckpointMissingError, CheckpointReadError, CheckpointFormatError, CheckpointUnsupportedError
 */
export async function openGguf(path: string, threads?: number): Promise<Checkpoint> {
  const source = await openFileSource(path);
  try {
    return await ggufCheckpoint(source, threads);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A GGUF checkpoint from any source of bytes. */
export async function ggufCheckpoint(source: ByteSource, count?: number): Promise<Checkpoint> {
  const threads = new PartThreads(source, count);
  const header = readGgufHeader(source);
  const metadata = ggufMetadata(header, source.name);
  const arch = readArchitecture(metadata);
  if ((metadata.number(SPLIT_COUNT) ?? 1) > 1) {
    throw new CheckpointUnsupportedError(source.name, 'one part of a split GGUF', [
      'a single file: merge the parts',
    ]);
  }
  const config = ggufConfig(metadata, header.tensors, await readRopeTensors(source, threads, header.tensors));
  const headDim = Number(config.head_dim);
  const stored = storedTensors(source.name, header.tensors, arch, config);
  const tensors = new Map<string, TensorInfo>(
    [...stored].map(([name, { type, shape }]) => [name, { name, dtype: dtypeOf(name, type, arch), shape }]),
  );
  return {
    source: source.name,
    config,
    tensors,
    stored: typesAndBytes(header.tensors.values()),
    files: [...readmeFile(metadata), ...ggufFiles(metadata)],
    async read(name, rounded) {
      const info = stored.get(name);
      if (info === undefined) throw new TensorMissingError(source.name, name);
      const isExact = arch.normOffset && isNorm(name); // its offset is taken off in float32
      const tensor = await readTensor(source, threads, info, isExact ? undefined : rounded);
      return fromStoredForm(arch, name, tensor, headDim);
    },
    async close() {
      await threads.close();
      await source.close();
    },
  };
}

function typesAndBytes(tensors: Iterable<GgufTensorInfo>): StoredTensors {
  const bytes = new Map<GgmlType, number>();
  for (const { type, byteLength } of tensors) bytes.set(type, (bytes.get(type) ?? 0) + byteLength);
  return {
    types: [...bytes].sort(([, a], [, b]) => b - a).map(([type]) => type),
    bytes: [...bytes.values()].reduce((sum, each) => sum + each, 0),
  };
}

function readmeFile(metadata: GgufMetadata): readonly CheckpointFile[] {
  const text = ggufReadme(metadata);
  return text === undefined ? [] : [{ name: 'README.md', read: async () => new TextEncoder().encode(text) }];
}

async function readRopeTensors(
  source: ByteSource,
  threads: PartThreads,
  tensors: ReadonlyMap<string, GgufTensorInfo>,
): Promise<RopeTensors> {
  const found: [string, Float32Array][] = [];
  for (const [kind, name] of Object.entries(ROPE_TENSORS)) {
    const info = tensors.get(name);
    if (info) found.push([kind, toFloat32(await readTensor(source, threads, info))]);
  }
  return Object.fromEntries(found);
}

/** Norms with an offset are given in float32. */
function dtypeOf(name: string, type: GgmlType, { normOffset }: GgufArchitecture): TensorDType {
  return (type === 'F16' || type === 'BF16') && !(normOffset && isNorm(name)) ? type : 'F32';
}
