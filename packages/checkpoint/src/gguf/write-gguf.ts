import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { acquireLock, FileWriteError, removeDrafts, replaceFileWith, writeError } from '@grasp/files';
import { updateHash } from '../bytes/hash.js';
import { type Checkpoint, elementCount, type TensorData, type TensorProgress } from '../checkpoint.js';
import { convert, toFloat32 } from '../dtypes/convert.js';
import { DEFAULT_ALIGNMENT, roundUp } from './header/format.js';
import { encodeHeader, type TensorEntry } from './header/write-header.js';
import type { StoredType } from './model/file-type.js';
import { chosenTypes } from './model/mixture.js';
import { ROPE_TENSORS } from './model/tensor-names.js';
import { type GgufDescription, type GgufModel, modelMetadata } from './model/write-model.js';
import { openGguf } from './open-gguf.js';
import { isQuantType, quantize } from './quantized/quantize.js';
import { GGML_TYPES, type GgmlType } from './quantized/types.js';
import { readTokenizerFiles, type TokenizerSource } from './tokenizer/tokenizer-files.js';
import { tokenizerMetadata } from './tokenizer/write-tokenizer.js';

/** A tensor to be written. */
export interface GgufTensor {
  /** Its GGUF name. */
  readonly name: string;
  /** Row-major, `[rows, columns]` for a matrix. */
  readonly shape: readonly number[];
  /** Whether it computes the logits. */
  readonly isHead: boolean;
  /** Importance of each column for quantised types, `[columns]`: see `quantize`. */
  readonly importance?: Float32Array | undefined;
  /** Its elements, in that shape. Called once. */
  read(): Promise<TensorData>;
}

/** A matrix whose rows are no whole blocks of the type that it would have in a file. */
export interface GgufFallback {
  /** Its GGUF name. */
  readonly name: string;
  readonly columns: number;
  readonly wanted: GgmlType;
  /** The type it is stored in. */
  readonly type: GgmlType;
}

/** The content of a GGUF file. */
export interface GgufContent {
  readonly model: GgufModel;
  readonly about: GgufDescription;
  /** Where the tokenizer is read from: a checkpoint. */
  readonly tokenizer: TokenizerSource;
  /** In file order. */
  readonly tensors: readonly GgufTensor[];
}

export interface WriteGgufFileOptions {
  /** Replace a file of that name. Default false. */
  readonly overwrite?: boolean;
  /** Called after each tensor is written. */
  readonly onTensor?: (progress: TensorProgress) => void;
  /** Called before anything is written if some matrices do not get the type that they would have. */
  readonly onFallback?: (matrices: readonly GgufFallback[]) => void;
  /** Checks the file as it reads back, before it gets its name. Throws if something is wrong. */
  readonly check?: (written: Checkpoint) => void;
}

/** Bytes read at a time on reading back. */
const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Writes a GGUF file (version 3), one tensor in memory at a time. The file appears under its name when it is complete,
 * on the disk, and equal to what was written on reading back. `path.lock` keeps other writers of the file out.
 *
 * @throws FileWriteError, with reason `in-use` if another process writes the file
 * @throws InexpressibleModelError for a tokenizer that has no GGUF form
 * @throws NarrowingOverflowError; what reading tensors and tokenizer files throws
 */
export async function writeGgufFile(
  path: string,
  { model, about, tokenizer, tensors: planned }: GgufContent,
  { overwrite = false, onTensor, onFallback, check }: WriteGgufFileOptions = {},
): Promise<void> {
  const metadata = await metadataOf({ model, about, tokenizer });
  const tensors = [...ropeTensors(model), ...planned];
  const chosen = chosenTypes(about.type, tensors, model);
  const placed = place(tensors.map((tensor, index) => ({ ...tensor, type: chosen[index]!.type })));
  const fallbacks = tensors.flatMap(({ name, shape }, index) => {
    const { type, wanted } = chosen[index]!;
    return type === wanted ? [] : [{ name, columns: shape[1]!, wanted, type }];
  });
  if (fallbacks.length > 0) onFallback?.(fallbacks);
  const release = await acquireLock(`${path}.lock`).catch((error: unknown) => {
    throw writeError(path, error);
  });
  try {
    await removeDrafts(path);
    const written = createHash('sha256');
    await replaceFileWith(
      path,
      async (draft) => {
        const append = (bytes: Uint8Array) => {
          updateHash(written, bytes);
          return draft.append(bytes);
        };
        await append(encodeHeader(metadata, placed));
        for (const [index, tensor] of placed.entries()) {
          const { name } = tensor;
          const bytes = encodeTensor(await tensor.read(), tensor);
          await append(bytes);
          await append(new Uint8Array(roundUp(bytes.length, DEFAULT_ALIGNMENT) - bytes.length));
          const progress = { name, done: index + 1, total: placed.length, bytes: bytes.length };
          onTensor?.({ stage: 'write', ...progress });
        }
      },
      { overwrite, verify: (draft) => verify(draft, path, written.digest('hex'), check) },
    );
  } finally {
    await release();
  }
}

/**
 * Checks that a GGUF file can state a model and its tokenizer. Writes nothing.
 *
 * @throws InexpressibleModelError for a tokenizer that has no GGUF form; what reading tokenizer files throws
 */
export async function checkGgufHeader(header: Omit<GgufContent, 'tensors'>): Promise<void> {
  await metadataOf(header);
}

const metadataOf = async ({ model, about, tokenizer }: Omit<GgufContent, 'tensors'>) =>
  new Map([
    ...modelMetadata(model, about),
    ...tokenizerMetadata(await readTokenizerFiles(tokenizer), model.vocabSize),
  ]);

/** The tensors with divisors of the rotary frequencies. */
function ropeTensors({ rotary }: GgufModel): GgufTensor[] {
  return Object.entries(rotary.tensors).map(([kind, data]) => {
    const shape = [data.length];
    const name = ROPE_TENSORS[kind as keyof typeof ROPE_TENSORS];
    return { name, shape, isHead: false, read: async () => ({ dtype: 'F32', shape, data }) };
  });
}

/** Gives each tensor its place in the data section. */
function place<T extends Pick<GgufTensor, 'shape'> & { readonly type: StoredType }>(
  tensors: readonly T[],
): (T & TensorEntry)[] {
  let offset = 0;
  return tensors.map((tensor) => {
    const { id, blockSize, blockBytes } = GGML_TYPES[tensor.type];
    const entry = { ...tensor, typeId: id, offset };
    const bytes = (elementCount(tensor.shape) / blockSize) * blockBytes;
    offset = roundUp(offset + bytes, DEFAULT_ALIGNMENT);
    return entry as T & TensorEntry;
  });
}

function encodeTensor(
  data: TensorData,
  { name, type, shape, importance }: GgufTensor & { readonly type: StoredType },
): Uint8Array {
  if (isQuantType(type)) return quantize(type, toFloat32(data), { columns: shape[1]!, importance, name });
  const { data: elements } = convert(data, type, name);
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

/** Compares the bytes of a draft with what was written, opens it, and lets the caller check it. */
async function verify(
  draft: string,
  path: string,
  hash: string,
  check: WriteGgufFileOptions['check'],
): Promise<void> {
  const read = createHash('sha256');
  const handle = await open(draft);
  for await (const chunk of handle.createReadStream({ highWaterMark: CHUNK_BYTES })) read.update(chunk);
  if (read.digest('hex') !== hash) {
    const detail = 'its bytes differ on reading back. The disk or its driver may be faulty.';
    throw new FileWriteError(path, 'verify', detail);
  }
  const back = await openGguf(draft);
  try {
    check?.(back);
  } finally {
    await back.close();
  }
}
