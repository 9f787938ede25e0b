import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Digest, DownloadError, download, errorWithoutSecrets, type RemoteFile } from '@grasp/download';
import { replaceFile, writeError } from '@grasp/files';
import { datasetInfo, getHFHubCachePath, HubApiError, type ListFileEntry, listFiles } from '@huggingface/hub';
import { explain, type HubAccess, type HubOptions, hubAccess, whyOffline } from './access/access.js';
import { boundedFetch } from './access/guarded-fetch.js';
import {
  checkedCommit,
  checkedHash,
  checkedPath,
  checkedSize,
  checkName,
  isCommit,
} from './access/server-values.js';
import { HubError, HubReplyError } from './errors.js';
import { pathsBelow } from './paths-below.js';

/** A data set on the Hub. */
export interface Dataset {
  /** `owner/name`. */
  readonly id: string;
  /** Branch or commit. Default `main`. */
  readonly revision?: string;
}

export interface DatasetOptions extends HubOptions {
  /** Cache folder. Default `HF_HUB_CACHE`, or one below `HF_HOME`, or `~/.cache/huggingface/hub`. */
  readonly cacheDir?: string;
  /** List only the files below this folder, if the data set has it. Default: all files. */
  readonly below?: string;
}

/** The files of a data set at one commit. */
export interface DatasetFiles {
  readonly paths: readonly string[];
  /** Fetches one of the files, unless it is in the cache. Returns its path on this machine. */
  fetch(path: string): Promise<string>;
}

/**
 * Lists the files of a data set on the Hub. `fetch` downloads them into the cache of Python's `huggingface_hub` and
 * compares each with the hash that the Hub lists for its commit. If the network is forbidden or the Hub cannot be
 * reached, the files of an earlier run are used.
 *
 * @throws HubError if the data set is neither listed nor in the cache. `fetch` throws it too.
 * @throws FileWriteError if the cache cannot be written
 */
export async function openDataset(dataset: Dataset, options: DatasetOptions = {}): Promise<DatasetFiles> {
  const { id, revision = 'main' } = dataset;
  checkName(id, revision);
  const cache = join(options.cacheDir ?? getHFHubCachePath(), `datasets--${id.replaceAll('/', '--')}`);
  const why = whyOffline(options);
  if (why !== undefined) {
    const snapshot = await cachedSnapshot(cache, revision);
    if (snapshot) return snapshot;
    throw new HubError(id, `not in the cache (${cache}), and ${why}. Run once with a network.`);
  }
  const access = await hubAccess(options);
  let found: Listing;
  try {
    found = await list(id, revision, options.below, access);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof HubError) throw error;
    const answered = error instanceof HubApiError || error instanceof HubReplyError;
    const snapshot = answered ? undefined : await cachedSnapshot(cache, revision);
    if (snapshot) return snapshot;
    throw new HubError(id, `cannot be listed on the Hub: ${explain(error, access)}`, {
      cause: errorWithoutSecrets(error, [access.accessToken]),
    });
  }
  const { commit, entries } = found;
  await writeRef(join(cache, 'refs', revision), commit);
  const base = `${access.hubUrl}/datasets/${id}/resolve/${commit}`;
  const snapshot = join(cache, 'snapshots', commit);
  return {
    paths: [...entries.keys()],
    fetch: async (path) => {
      const entry = entries.get(path);
      if (!entry) throw new HubError(id, `has no file ${path}`);
      const url = `${base}/${path.split('/').map(encodeURIComponent).join('/')}`;
      await fetchFile(id, { ...entry, url }, join(snapshot, path), access, options);
      return join(snapshot, path);
    },
  };
}

/** Notes in the cache which commit a revision is. */
async function writeRef(ref: string, commit: string): Promise<void> {
  await mkdir(dirname(ref), { recursive: true }).catch((error: unknown) => {
    throw writeError(ref, error);
  });
  await replaceFile(ref, commit);
}

/** What the Hub lists for a file: its length, and its SHA-256 or, for a small file, git's SHA-1. */
type Listed = Omit<RemoteFile, 'url'>;

/** The files of a commit, by path. */
interface Listing {
  readonly commit: string;
  readonly entries: ReadonlyMap<string, Listed>;
}

async function list(
  id: string,
  revision: string,
  below: string | undefined,
  access: HubAccess,
): Promise<Listing> {
  const bounded = { ...access, fetch: boundedFetch(access.fetch, access.hubUrl) };
  const info = await datasetInfo({ name: id, revision, additionalFields: ['sha'], ...bounded });
  const sha = checkedCommit(info.sha, id);
  const repo = { type: 'dataset', name: id } as const;
  const entries = new Map<string, Listed>();
  const listBelow = async (path?: string) => {
    const within = path === undefined ? {} : { path };
    for await (const file of listFiles({ repo, revision: sha, recursive: true, ...within, ...bounded }))
      if (file.type === 'file') entries.set(checkedPath(file.path, id), listed(file, id));
  };
  await listBelow(below).catch((error: unknown) => {
    if (below === undefined || !(error instanceof HubApiError) || error.statusCode !== 404) throw error;
    return listBelow();
  });
  return { commit: sha, entries };
}

function listed({ path, size, oid, lfs }: ListFileEntry, id: string): Listed {
  const digest: Digest = lfs
    ? { algorithm: 'sha256', hex: checkedHash(String(lfs.oid).replace('sha256:', ''), 64, path, id) }
    : { algorithm: 'git-sha1', hex: checkedHash(oid, 40, path, id) };
  return { bytes: checkedSize(size, path, id), digest };
}

async function fetchFile(
  id: string,
  file: RemoteFile,
  target: string,
  { accessToken, fetch }: HubAccess,
  { signal }: HubOptions,
): Promise<void> {
  try {
    await download(file, target, {
      fetch,
      ...(accessToken === undefined ? {} : { headers: { authorization: `Bearer ${accessToken}` } }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new HubError(id, error.message, { cause: error });
  }
}

/** The files of the snapshot that `revision` names in a cache. Undefined if there is none. */
async function cachedSnapshot(cache: string, revision: string): Promise<DatasetFiles | undefined> {
  const commit = (await readFile(join(cache, 'refs', revision), 'utf8').catch(() => revision)).trim();
  if (!isCommit(commit)) return undefined;
  const snapshot = join(cache, 'snapshots', commit);
  if ((await stat(snapshot).catch(() => undefined)) === undefined) return undefined;
  return { paths: await pathsBelow(snapshot), fetch: async (path) => join(snapshot, path) };
}
