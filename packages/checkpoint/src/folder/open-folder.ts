import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileSource, readError } from '../bytes/byte-source.js';
import { isObject, parseJsonObject } from '../bytes/json.js';
import type { Checkpoint, CheckpointFile, TensorDType, TensorInfo } from '../checkpoint.js';
import {
  CheckpointFormatError,
  CheckpointMissingError,
  CheckpointUnsupportedError,
  TensorMissingError,
} from '../errors.js';
import { LIMITS } from '../limits.js';
import { openSafetensors, type SafetensorsFile } from '../safetensors/open.js';
import { shardNames } from './shard-index.js';

export const CONFIG_FILE = 'config.json';
export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';

/** Files that are copied with the weights. Code, and weights of other formats, are not. */
const EXTRA_FILES =
  /^((tokenizer|tokenizer_config|special_tokens_map|added_tokens|generation_config|vocab|chat_template)\.json|merges\.txt|tokenizer\.model|chat_template\.jinja|(LICENSE|LICENCE|NOTICE|USE_POLICY)(\.(md|txt))?)$/;

/**
 * Opens a Hugging Face folder: config.json, and model.safetensors or an index with its shards.
 *
 * @throws CheckpointMissingError, CheckpointReadError, CheckpointFormatError, CheckpointUnsupportedError
 */
export async function openFolder(folder: string): Promise<Checkpoint> {
  const config = await readJson(join(folder, CONFIG_FILE), LIMITS.configBytes);
  const entries = await readdir(folder).catch((error: unknown) => {
    throw readError(folder, error);
  });
  const shards = await openShards(folder, await weightFiles(folder, entries));
  try {
    const owners = new Map<string, SafetensorsFile>();
    const tensors = new Map<string, TensorInfo>();
    for (const shard of shards) {
      for (const { name, dtype, shape } of shard.tensors.values()) {
        if (!isWeightDType(dtype)) {
          throw new CheckpointUnsupportedError(shard.path, `dtype ${dtype} of tensor ${name}`, [
            'F32',
            'F16',
            'BF16',
          ]);
        }
        const other = owners.get(name);
        if (other) throw new CheckpointFormatError(shard.path, `tensor ${name} is also in ${other.path}`);
        owners.set(name, shard);
        tensors.set(name, { name, dtype, shape });
      }
    }
    await checkIndexed(folder, entries, tensors);
    return {
      source: folder,
      config,
      tensors,
      files: entries
        .filter((name) => EXTRA_FILES.test(name))
        .sort()
        .map((name) => extraFile(folder, name)),
      async read(name) {
        const tensor = await owners.get(name)?.read(name);
        if (tensor === undefined) throw new TensorMissingError(folder, name);
        if (tensor.dtype === 'F32') return tensor;
        if (tensor.dtype === 'F16' || tensor.dtype === 'BF16') return tensor;
        throw new CheckpointUnsupportedError(folder, `dtype ${tensor.dtype} of tensor ${name}`);
      },
      close: () => closeAll(shards),
    };
  } catch (error) {
    await closeAll(shards);
    throw error;
  }
}

async function weightFiles(folder: string, entries: readonly string[]): Promise<readonly string[]> {
  if (entries.includes(SINGLE_FILE)) return [SINGLE_FILE];
  if (entries.includes(INDEX_FILE)) {
    const path = join(folder, INDEX_FILE);
    return shardNames(await readJson(path, LIMITS.indexBytes), path);
  }
  const hint = entries.some((name) => /\.(bin|pt|pth)$/.test(name))
    ? 'PyTorch pickles are not read, as loading one can run code: save the model as safetensors.'
    : 'a Hugging Face model folder has one of them.';
  throw new CheckpointMissingError(folder, `neither ${SINGLE_FILE} nor ${INDEX_FILE} is there: ${hint}`);
}

async function openShards(folder: string, names: readonly string[]): Promise<SafetensorsFile[]> {
  const shards: SafetensorsFile[] = [];
  try {
    for (const name of names) shards.push(await openSafetensors(join(folder, name)));
  } catch (error) {
    await closeAll(shards);
    throw error;
  }
  return shards;
}

/** Checks that every tensor of the index is in a shard. Tensors that the index leaves out are kept. */
async function checkIndexed(
  folder: string,
  entries: readonly string[],
  tensors: ReadonlyMap<string, TensorInfo>,
): Promise<void> {
  if (entries.includes(SINGLE_FILE)) return;
  const path = join(folder, INDEX_FILE);
  const { weight_map: map } = await readJson(path, LIMITS.indexBytes);
  for (const name of Object.keys(isObject(map) ? map : {})) {
    if (!tensors.has(name)) throw new CheckpointFormatError(path, `tensor ${name} is in none of its shards`);
  }
}

async function readJson(path: string, limit: number): Promise<Record<string, unknown>> {
  return parseJsonObject(await readSmallFile(path, limit), path);
}

/** Reads a whole file of at most `limit` bytes. */
async function readSmallFile(path: string, limit: number): Promise<Uint8Array> {
  const source = await openFileSource(path);
  try {
    if (source.size > limit) {
      throw new CheckpointFormatError(path, `it has ${source.size} bytes, more than the ${limit} allowed`);
    }
    const bytes = new Uint8Array(source.size);
    await source.read(0, bytes);
    return bytes;
  } finally {
    await source.close();
  }
}

function extraFile(folder: string, name: string): CheckpointFile {
  return { name, read: () => readSmallFile(join(folder, name), LIMITS.extraFileBytes) };
}

function isWeightDType(dtype: string): dtype is TensorDType {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

async function closeAll(shards: readonly SafetensorsFile[]): Promise<void> {
  await Promise.all(shards.map((shard) => shard.close()));
}

/** Whether a path is a folder. False if there is nothing. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
