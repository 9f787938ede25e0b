import { join } from 'node:path';
import { FileWriteError, replaceFile } from '@grasp/files';
import { hashOf } from '../bytes/hash.js';
import { stringifyLike } from '../bytes/json-text.js';
import {
  type Checkpoint,
  type CheckpointFile,
  elementCount,
  type TensorDType,
  type TensorInfo,
  type TensorProgress,
} from '../checkpoint.js';
import { convert } from '../dtypes/convert.js';
import { type SafetensorsEntry, writeSafetensors } from '../safetensors/write.js';
import { CONFIG_FILE, INDEX_FILE, openFolder, SINGLE_FILE } from './open-folder.js';

export interface WriteFolderOptions {
  /** Element type of every tensor. Default `same`: as the checkpoint gives each. */
  readonly dtype?: TensorDType | 'same';
  /** Largest shard, in bytes of tensors. Default 5 GB, as transformers. One tensor is never split. */
  readonly shardBytes?: number;
  /** Files to add. They replace files of the checkpoint that have the same name. */
  readonly extraFiles?: readonly CheckpointFile[];
  /** Called after each tensor is read for writing, and again after it is verified. */
  readonly onTensor?: (progress: TensorProgress) => void;
}

const DEFAULT_SHARD_BYTES = 5e9;
/** transformers refuses a file without it. */
const METADATA = { format: 'pt' };
const TORCH_DTYPE = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/**
 * Writes a checkpoint into an existing folder in the layout of Hugging Face transformers. Then opens it and compares the
 * hash of every tensor. One tensor is in memory at a time.
 *
 * @throws FileWriteError, NarrowingOverflowError; what reading the checkpoint throws
 */
export async function writeFolder(
  checkpoint: Checkpoint,
  folder: string,
  options: WriteFolderOptions = {},
): Promise<void> {
  const { dtype = 'same', shardBytes = DEFAULT_SHARD_BYTES, onTensor } = options;
  for (const reason of checkpoint.absent?.values() ?? []) throw reason; // before the output lacks a tensor
  const infos = [...checkpoint.tensors.values()].map((info) =>
    dtype === 'same' ? info : { ...info, dtype },
  );
  const files = new Map(
    [...checkpoint.files, ...(options.extraFiles ?? [])].map((file) => [file.name, file]),
  );
  for (const file of files.values()) {
    checkFileName(file.name, folder);
    await replaceFile(join(folder, file.name), await file.read());
  }

  const total = infos.length;
  const hashes = new Map<string, string>();
  let done = 0;
  const entry = ({ name, shape, dtype: target }: TensorInfo): SafetensorsEntry => ({
    name,
    shape,
    dtype: target,
    async read() {
      const tensor = convert(await checkpoint.read(name), target, name);
      onTensor?.({ stage: 'write', name, done: ++done, total, bytes: tensor.data.byteLength });
      return tensor.data;
    },
  });
  const shards = splitIntoShards(infos, shardBytes);
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    const file = shards.length === 1 ? SINGLE_FILE : shardName(i, shards.length);
    for (const [name, hash] of await writeSafetensors(join(folder, file), shard.map(entry), METADATA)) {
      hashes.set(name, hash);
      weightMap[name] = file;
    }
  }
  if (shards.length > 1) {
    const totalSize = infos.reduce((sum, info) => sum + byteLength(info), 0);
    await writeJson(join(folder, INDEX_FILE), { metadata: { total_size: totalSize }, weight_map: weightMap });
  }
  const config = stringifyLike(configFor(checkpoint.config, infos), checkpoint.configText);
  await replaceFile(join(folder, CONFIG_FILE), `${config}\n`);
  await verify(folder, infos, hashes, onTensor);
}

/** Puts consecutive tensors into a shard until the next would exceed `shardBytes`. Returns at least one shard. */
function splitIntoShards(
  infos: readonly TensorInfo[],
  shardBytes: number,
): readonly (readonly TensorInfo[])[] {
  const shards: TensorInfo[][] = [[]];
  let filled = 0;
  for (const info of infos) {
    const bytes = byteLength(info);
    if (filled > 0 && filled + bytes > shardBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(info);
    filled += bytes;
  }
  return shards;
}

function byteLength({ shape, dtype }: TensorInfo): number {
  return elementCount(shape) * (dtype === 'F32' ? 4 : 2);
}

function shardName(index: number, count: number): string {
  const digits = (n: number) => String(n).padStart(5, '0');
  return `model-${digits(index + 1)}-of-${digits(count)}.safetensors`;
}

/** The config with the dtype of the written matrices, if they share one. */
function configFor(
  config: Readonly<Record<string, unknown>>,
  infos: readonly TensorInfo[],
): Record<string, unknown> {
  const dtypes = new Set(infos.filter(({ shape }) => shape.length > 1).map(({ dtype }) => dtype));
  const [dtype] = dtypes;
  if (dtypes.size !== 1 || dtype === undefined) return { ...config };
  // transformers 4 and 5 name the key differently. Keep the name that the config uses.
  return { ...config, ['dtype' in config ? 'dtype' : 'torch_dtype']: TORCH_DTYPE[dtype] };
}

async function verify(
  folder: string,
  infos: readonly TensorInfo[],
  hashes: ReadonlyMap<string, string>,
  onTensor: WriteFolderOptions['onTensor'],
): Promise<void> {
  const fail = (detail: string) =>
    new FileWriteError(folder, 'verify', `${detail} on reading back. The disk or its driver may be faulty.`);
  const written = await openFolder(folder);
  try {
    if (written.tensors.size !== infos.length)
      throw fail(`${written.tensors.size} tensors of ${infos.length}`);
    for (const [i, { name }] of infos.entries()) {
      const { data } = await written.read(name);
      if (hashOf(data) !== hashes.get(name)) throw fail(`tensor ${name} differs`);
      onTensor?.({ stage: 'verify', name, done: i + 1, total: infos.length, bytes: data.byteLength });
    }
  } finally {
    await written.close();
  }
}

function checkFileName(name: string, folder: string): void {
  const plain = /^[\w][\w.\- ]*$/.test(name) && name.length <= 255;
  const own = name === CONFIG_FILE || name === INDEX_FILE || name.endsWith('.safetensors');
  if (plain && !own) return;
  const why = own ? 'is written from the checkpoint itself' : 'is not a plain file name';
  throw new FileWriteError(folder, 'input', `the extra file ${JSON.stringify(name)} ${why}.`);
}

function writeJson(path: string, value: unknown): Promise<void> {
  return replaceFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
