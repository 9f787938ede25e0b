import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
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
  const configPath = join(folder, CONFIG_FILE);
  if (existsSync(configPath)) await checkLink(folder, CONFIG_FILE); // it is written with the weights, too
  const configBytes = await readSmallFile(configPath, LIMITS.configBytes);
  const config = parseJsonObject(configBytes, configPath);
  const entries = await readdir(folder).catch((error: unknown) => {
    throw readError(folder, error);
  });
  const weights = await weightFiles(folder, entries);
  const shards = await openShards(
    folder,
    weights.files.filter((name) => entries.includes(name)),
    config,
  );
  try {
    const owners = new Map<string, SafetensorsFile>();
    const tensors = new Map<string, TensorInfo>();
    const absent = new Map<string, Error>();
    for (const shard of shards) {
      for (const { name, dtype, shape } of shard.tensors.values()) {
        const other = owners.get(name);
        if (other) throw new CheckpointFormatError(shard.path, `tensor ${name} is also in ${other.path}`);
        owners.set(name, shard);
        if (isWeightDType(dtype)) tensors.set(name, { name, dtype, shape });
        else
          absent.set(
            name,
            new CheckpointUnsupportedError(shard.path, `dtype ${dtype} of tensor ${name}`, DTYPES),
          );
      }
    }
    for (const [name, file] of weights.indexed) {
      if (!owners.has(name)) absent.set(name, missingTensor(folder, name, file, entries));
    }
    return {
      source: folder,
      config,
      configText: new TextDecoder().decode(configBytes),
      tensors,
      absent,
      files: await extraFiles(folder, entries),
      async read(name) {
        const reason = absent.get(name);
        if (reason) throw reason;
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

const DTYPES = ['F32', 'F16', 'BF16'];

/** Why a tensor of the index is in none of the shards. A model may do without it. */
function missingTensor(folder: string, name: string, file: string, entries: readonly string[]): Error {
  return entries.includes(file)
    ? new CheckpointFormatError(join(folder, INDEX_FILE), `tensor ${name} is in none of its shards`)
    : new CheckpointMissingError(
        join(folder, file),
        `there is no such file. The index says that it holds ${name}.`,
      );
}

interface WeightFiles {
  readonly files: readonly string[];
  /** File of each tensor that the index lists. */
  readonly indexed: ReadonlyMap<string, string>;
}

async function weightFiles(folder: string, entries: readonly string[]): Promise<WeightFiles> {
  if (entries.includes(SINGLE_FILE)) return { files: [SINGLE_FILE], indexed: new Map() };
  if (entries.includes(INDEX_FILE)) {
    const path = join(folder, INDEX_FILE);
    const index = await readJson(path, LIMITS.indexBytes);
    const files = shardNames(index, path);
    if (!files.some((name) => entries.includes(name))) {
      throw new CheckpointMissingError(
        join(folder, files[0]!),
        'there is no such file, nor any other shard of the index.',
      );
    }
    return { files, indexed: new Map(Object.entries(index.weight_map as Record<string, string>)) };
  }
  const hint = entries.some((name) => /\.(bin|pt|pth)$/.test(name))
    ? 'PyTorch pickles are not read, as loading one can run code: save the model as safetensors.'
    : 'a Hugging Face model folder has one of them.';
  throw new CheckpointMissingError(folder, `neither ${SINGLE_FILE} nor ${INDEX_FILE} is there: ${hint}`);
}

/** @throws CheckpointUnsupportedError that names the quantisation, if that is why a shard cannot be read */
async function openShards(
  folder: string,
  names: readonly string[],
  config: Readonly<Record<string, unknown>>,
): Promise<SafetensorsFile[]> {
  const shards: SafetensorsFile[] = [];
  try {
    for (const name of names) shards.push(await openSafetensors(join(folder, name)));
  } catch (error) {
    await closeAll(shards);
    if (error instanceof CheckpointUnsupportedError && isObject(config.quantization_config)) {
      const what = 'the quantised checkpoint ("quantization_config" in config.json)';
      throw new CheckpointUnsupportedError(folder, what, ['the original weights in F32, F16 or BF16']);
    }
    throw error;
  }
  return shards;
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

/**
 * The files beside the weights. A symbolic link must not lead out of the model, because its target would be copied into
 * the output, and published with it. In the Hub's cache, the files of `snapshots/REVISION` are links into `blobs`.
 *
 * @throws CheckpointUnsupportedError
 */
async function extraFiles(folder: string, entries: readonly string[]): Promise<CheckpointFile[]> {
  const names = entries.filter((entry) => EXTRA_FILES.test(entry)).sort();
  for (const name of names) await checkLink(folder, name);
  return names.map((name) => extraFile(folder, name));
}

/**
 * @throws CheckpointUnsupportedError for a link that leaves the model's folder, and the Hub's cache of this model
 */
async function checkLink(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const [root, target] = await Promise.all([realpath(folder), realpath(path)]).catch((error: unknown) => {
    throw readError(path, error);
  });
  const inside = (parent: string) => target.startsWith(parent + sep);
  const snapshots = dirname(root);
  const blobs = join(dirname(snapshots), 'blobs');
  if (inside(root) || (basename(snapshots) === 'snapshots' && inside(blobs))) return;
  const what = `${name}, a symbolic link that leaves the model folder,`;
  throw new CheckpointUnsupportedError(folder, what, ['a copy of the file']);
}

function extraFile(folder: string, name: string): CheckpointFile {
  return {
    name,
    async read() {
      await checkLink(folder, name); // again: it may have been replaced
      return readSmallFile(join(folder, name), LIMITS.extraFileBytes);
    },
  };
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
