import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Checkpoint,
  CheckpointWriteError,
  convert,
  GGML_TYPES,
  openCheckpoint,
  type TensorData,
  type TensorProgress,
  toFloat32,
  writeError,
} from '@grasp/checkpoint';
import { checkWeights, type DecoderConfig, decoderConfig } from '@grasp/decoder';
import { originOf } from '../card/licence.js';
import { ALIGNMENT, encodeHeader, roundUp, type TensorEntry } from './metadata.js';
import { modelLayout } from './model-layout.js';
import { modelMetadata } from './model-metadata.js';
import { plannedTensors } from './planned-tensors.js';
import { quantize } from './quantize.js';
import { type GgufFileType, type StoredType, tensorType } from './tensor-type.js';
import { readTokenizerFiles } from './tokenizer-files.js';
import { tokenizerMetadata } from './tokenizer-metadata.js';

export interface WriteGgufOptions {
  /** What most matrices are. Vectors stay float32, rows that are no whole blocks of 32 stay float16. */
  readonly type: GgufFileType;
  /** What runtimes call the model. */
  readonly name?: string;
  /** Replace a file of that name. Default false. */
  readonly overwrite?: boolean;
  /** Told of each tensor written. */
  readonly onTensor?: (progress: TensorProgress) => void;
}

const SUFFIX = /\.gguf$/i;

/**
 * Writes a checkpoint, dense or pruned, as a GGUF file that stock llama.cpp runs: as plain `llama`, `qwen2` or `qwen3`
 * where all layers have one shape, else as `deci`, its llama whose layers differ. One tensor is in memory at a time.
 * The file appears under its name only when it is complete, on the disk, and was read back.
 *
 * @param file path that ends in `.gguf`.
 * @throws InexpressibleModelError for what llama.cpp has no place for; CheckpointWriteError; NarrowingOverflowError;
 *   UnsupportedModelError, ModelConfigError, WeightShapeError; and what reading the checkpoint throws.
 */
export async function writeGguf(
  checkpoint: Checkpoint,
  file: string,
  { type, name, overwrite = false, onTensor }: WriteGgufOptions,
): Promise<void> {
  if (!SUFFIX.test(file)) throw new CheckpointWriteError(file, 'input', 'its name must end in ".gguf".');
  if (!overwrite && existsSync(file)) {
    throw new CheckpointWriteError(file, 'exists', 'it exists. Choose another name, or allow overwriting.');
  }
  const decoder = decoderConfig(checkpoint.config);
  checkWeights(checkpoint, decoder); // before a gigabyte of them is read
  const layout = modelLayout(checkpoint, decoder);
  const tokenizer = await readTokenizerFiles(checkpoint);
  const metadata = new Map([
    ...modelMetadata(decoder, layout, { type, name, origin: await originOf(checkpoint) }),
    ...tokenizerMetadata(tokenizer, decoder.vocabSize),
  ]);
  const tensors = placed(
    plannedTensors(checkpoint, decoder, layout).map((tensor) => ({
      ...tensor,
      type: tensorType(type, tensor.shape, tensor.isHead),
    })),
  );
  const draft = file.replace(SUFFIX, '.partial.gguf');
  let handle: FileHandle | undefined;
  try {
    handle = await open(draft, 'w');
    const written = createHash('sha256');
    const append = async (bytes: Uint8Array) => {
      written.update(bytes);
      for (let done = 0; done < bytes.length; ) {
        done += (await handle!.write(bytes, done, Math.min(CHUNK, bytes.length - done))).bytesWritten;
      }
    };
    await append(encodeHeader(metadata, tensors));
    for (const [index, tensor] of tensors.entries()) {
      const bytes = encodeTensor(await tensor.read(), tensor.type, tensor.name);
      await append(bytes);
      await append(new Uint8Array(roundUp(bytes.length, ALIGNMENT) - bytes.length));
      onTensor?.({
        stage: 'write',
        name: tensor.name,
        done: index + 1,
        total: tensors.length,
        bytes: bytes.length,
      });
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await verify(draft, written.digest('hex'), { ...decoder, layers: layout.layers });
    await rename(draft, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(draft, { force: true });
    throw writeError(file, error);
  }
}

const CHUNK = 64 * 2 ** 20;

/** Gives each tensor its place in the data section. */
function placed<T extends { readonly shape: readonly number[]; readonly type: StoredType }>(
  tensors: readonly T[],
): (T & TensorEntry)[] {
  let offset = 0;
  return tensors.map((tensor) => {
    const { id, blockSize, blockBytes } = GGML_TYPES[tensor.type];
    const elements = tensor.shape.reduce((product, size) => product * size, 1);
    const entry = { ...tensor, typeId: id, offset };
    offset = roundUp(offset + (elements / blockSize) * blockBytes, ALIGNMENT);
    return entry as T & TensorEntry;
  });
}

function encodeTensor(tensor: TensorData, type: StoredType, name: string): Uint8Array {
  if (type === 'Q8_0' || type === 'Q4_0') return quantize(type, toFloat32(tensor), name);
  const { data } = convert(tensor, type, name);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Reads the file back: its bytes, and as a checkpoint of the shape it should have. */
async function verify(path: string, hash: string, expected: DecoderConfig): Promise<void> {
  const fail = (detail: string) => new CheckpointWriteError(path, 'verify', `${detail} on reading back.`);
  const read = createHash('sha256');
  const handle = await open(path);
  for await (const chunk of handle.createReadStream({ highWaterMark: 4 * 2 ** 20 })) read.update(chunk);
  if (read.digest('hex') !== hash) throw fail('its bytes differ');
  const back = await openCheckpoint(path);
  try {
    const { layers, hiddenSize, vocabSize, headSize } = decoderConfig(back.config);
    const same =
      JSON.stringify([layers, hiddenSize, vocabSize, headSize]) ===
      JSON.stringify([expected.layers, expected.hiddenSize, expected.vocabSize, expected.headSize]);
    if (!same) throw fail('its config differs');
  } finally {
    await back.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
