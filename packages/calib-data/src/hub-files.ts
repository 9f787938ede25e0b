import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { datasetInfo, downloadFile, getHFHubCachePath, HubApiError, listFiles } from '@huggingface/hub';
import { DatasetError } from './errors.js';
import { splitFiles } from './split-files.js';

/** One split of a data set on the Hugging Face hub. */
export interface HubSplit {
  /** `owner/name`. */
  readonly id: string;
  readonly split: string;
  /** The data set's configuration, which is a folder of its files. */
  readonly config?: string;
  /** Branch or commit. Default `main`. */
  readonly revision?: string;
}

/** Where data sets come from. What is left out is taken from the environment, as Python's `huggingface_hub` does. */
export interface HubOptions {
  /** A folder laid out like the data set on the hub: nothing is fetched. */
  readonly folder?: string;
  /** Do not use the network, only what was fetched before. Default: whether `HF_HUB_OFFLINE` is set. */
  readonly offline?: boolean;
  /** Where fetched files are kept. Default `HF_HUB_CACHE`, or below `HF_HOME`, or `~/.cache/huggingface/hub`. */
  readonly cacheDir?: string;
  /** Default `HF_ENDPOINT`, or https://huggingface.co. */
  readonly hubUrl?: string;
  /** Access token for gated data sets. Default `HF_TOKEN`. */
  readonly token?: string;
}

/**
 * Paths on this machine of the files of one split, each fetched when it is reached.
 *
 * @throws DatasetError if it has no such split, or it is not at hand and cannot be fetched.
 */
export async function* hubFiles(wanted: HubSplit, options: HubOptions = {}): AsyncGenerator<string> {
  if (options.folder !== undefined) yield* localFiles(wanted, options.folder);
  else yield* fetchedFiles(wanted, options);
}

async function* localFiles(wanted: HubSplit, folder: string): AsyncGenerator<string> {
  const paths = await pathsBelow(folder);
  if (paths === undefined) throw new DatasetError(wanted.id, `no such folder: ${folder}`);
  for (const path of chosen(wanted, paths, folder)) yield join(folder, path);
}

async function* fetchedFiles(wanted: HubSplit, options: HubOptions): AsyncGenerator<string> {
  const cache = join(options.cacheDir ?? getHFHubCachePath(), `datasets--${wanted.id.replaceAll('/', '--')}`);
  const offline = options.offline ?? isSet(process.env.HF_HUB_OFFLINE);
  const listing = offline ? undefined : await listOnHub(wanted, options, cache);
  if (listing === undefined) {
    const snapshot = await cachedSnapshot(cache, wanted.revision ?? 'main');
    if (snapshot === undefined)
      throw new DatasetError(
        wanted.id,
        `not in the cache (${cache}), and HF_HUB_OFFLINE is set; unset it, or give a folder with the data set's files`,
      );
    yield* localFiles(wanted, snapshot);
    return;
  }
  for (const path of chosen(wanted, listing.paths, 'the hub'))
    yield await fetchFile(wanted, options, listing.commit, path, join(cache, 'snapshots', listing.commit));
}

function chosen(wanted: HubSplit, paths: readonly string[], where: string): string[] {
  const files = splitFiles(paths, wanted.split, wanted.config);
  if (files.length > 0) return files;
  const config = wanted.config === undefined ? '' : ` of configuration "${wanted.config}"`;
  const some = paths.slice(0, 8).join(', ') || 'nothing';
  throw new DatasetError(
    wanted.id,
    `no JSON Lines or Parquet file for split "${wanted.split}"${config}; ${where} has ${some}${paths.length > 8 ? ', …' : ''}`,
  );
}

/** The commit and its files; undefined if the hub cannot be reached but an earlier copy is at hand. */
async function listOnHub(wanted: HubSplit, options: HubOptions, cache: string) {
  const revision = wanted.revision ?? 'main';
  const access = hubAccess(options);
  try {
    const info = await datasetInfo({ name: wanted.id, revision, additionalFields: ['sha'], ...access });
    const paths = await listPaths(wanted, info.sha, access);
    await mkdir(dirname(join(cache, 'refs', revision)), { recursive: true });
    await writeFile(join(cache, 'refs', revision), info.sha);
    return { commit: info.sha, paths };
  } catch (error) {
    const unreachable = !(error instanceof HubApiError);
    if (unreachable && (await cachedSnapshot(cache, revision)) !== undefined) return undefined;
    throw new DatasetError(
      wanted.id,
      `cannot be listed on the hub: ${reason(error)}; without a network, give a folder with its files`,
      { cause: error },
    );
  }
}

async function listPaths(wanted: HubSplit, commit: string, access: HubAccess): Promise<string[]> {
  const repo = { type: 'dataset', name: wanted.id } as const;
  const list = async (path?: string) => {
    const paths: string[] = [];
    const below = path === undefined ? {} : { path };
    for await (const file of listFiles({ repo, revision: commit, recursive: true, ...below, ...access }))
      if (file.type === 'file') paths.push(file.path);
    return paths;
  };
  if (wanted.config === undefined) return list();
  try {
    return await list(wanted.config);
  } catch (error) {
    if (error instanceof HubApiError && error.statusCode === 404) return list();
    throw error;
  }
}

async function fetchFile(
  wanted: HubSplit,
  options: HubOptions,
  commit: string,
  path: string,
  snapshot: string,
): Promise<string> {
  const target = join(snapshot, path);
  if ((await stat(target).catch(() => undefined)) !== undefined) return target;
  const partial = `${target}.${process.pid}.incomplete`;
  try {
    const repo = { type: 'dataset', name: wanted.id } as const;
    const blob = await downloadFile({ repo, path, revision: commit, ...hubAccess(options) });
    if (blob === null) throw new Error('the file is gone');
    await mkdir(dirname(target), { recursive: true });
    await pipeline(
      Readable.fromWeb(blob.stream() as Parameters<typeof Readable.fromWeb>[0]),
      createWriteStream(partial),
    );
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw new DatasetError(wanted.id, `cannot fetch ${path}: ${reason(error)}`, { cause: error });
  }
  return target;
}

/** The snapshot folder that `revision` names in a cache, if it is there. */
async function cachedSnapshot(cache: string, revision: string): Promise<string | undefined> {
  const commit = await readFile(join(cache, 'refs', revision), 'utf8').catch(() => revision);
  const snapshot = join(cache, 'snapshots', commit.trim());
  return (await stat(snapshot).catch(() => undefined)) === undefined ? undefined : snapshot;
}

async function pathsBelow(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined);
  return entries
    ?.filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

interface HubAccess {
  hubUrl?: string;
  accessToken?: string;
}

function hubAccess(options: HubOptions): HubAccess {
  const hubUrl = options.hubUrl ?? process.env.HF_ENDPOINT;
  const accessToken = options.token ?? process.env.HF_TOKEN;
  return { ...(hubUrl ? { hubUrl } : {}), ...(accessToken ? { accessToken } : {}) };
}

function isSet(flag: string | undefined): boolean {
  return flag !== undefined && !['', '0', 'false', 'no', 'off'].includes(flag.toLowerCase());
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
