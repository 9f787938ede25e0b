import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { type Digest, DownloadError, download, type RemoteFile } from '@grasp/download';
import { datasetInfo, getHFHubCachePath, HubApiError, type ListFileEntry, listFiles } from '@huggingface/hub';
import { explain, type HubAccess, type HubOptions, hubAccess, whyOffline } from './access.js';
import { HubError } from './errors.js';
import { pathsBelow } from './paths-below.js';

/** A data set on the Hub. */
export interface Dataset {
  /** `owner/name`. */
  readonly id: string;
  /** Branch or commit. Default `main`. */
  readonly revision?: string;
}

export interface DatasetOptions extends HubOptions {
  /** Where fetched files are kept. Default `HF_HUB_CACHE`, or below `HF_HOME`, or `~/.cache/huggingface/hub`. */
  readonly cacheDir?: string;
  /** The folder whose files are enough, where there is one of that name. Default: the whole data set. */
  readonly below?: string;
}

/** The files of a data set at one commit, each fetched when it is asked for. */
export interface DatasetFiles {
  readonly paths: readonly string[];
  /** Path on this machine of one of them. */
  fetch(path: string): Promise<string>;
}

/**
 * The files of a data set, listed on the Hub and fetched into the cache that Python's `huggingface_hub` uses. Each is
 * verified against the hash that the Hub lists for its commit. Offline, or with the Hub out of reach, the files of an
 * earlier run serve.
 *
 * @throws HubError if the data set is not at hand and cannot be listed; `fetch` throws it too.
 */
export async function openDataset(dataset: Dataset, options: DatasetOptions = {}): Promise<DatasetFiles> {
  const { id, revision = 'main' } = dataset;
  const cache = join(options.cacheDir ?? getHFHubCachePath(), `datasets--${id.replaceAll('/', '--')}`);
  const why = whyOffline(options);
  if (why !== undefined) {
    const snapshot = await cachedSnapshot(cache, revision);
    if (snapshot) return snapshot;
    throw new HubError(id, `not in the cache (${cache}), and ${why}. Run once with a network.`);
  }
  const access = await hubAccess(options);
  try {
    const { commit, entries } = await list(id, revision, options.below, access);
    await mkdir(dirname(join(cache, 'refs', revision)), { recursive: true });
    await writeFile(join(cache, 'refs', revision), commit);
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
  } catch (error) {
    if (error instanceof HubError) throw error;
    const snapshot = error instanceof HubApiError ? undefined : await cachedSnapshot(cache, revision);
    if (snapshot) return snapshot;
    throw new HubError(id, `cannot be listed on the Hub: ${explain(error, access)}`, { cause: error });
  }
}

/** What is listed of a file: its length, and its SHA-256 or (of a small file) the name git gives its content. */
type Listed = Omit<RemoteFile, 'url'>;

async function list(id: string, revision: string, below: string | undefined, access: HubAccess) {
  const { sha } = await datasetInfo({ name: id, revision, additionalFields: ['sha'], ...access });
  const repo = { type: 'dataset', name: id } as const;
  const entries = new Map<string, Listed>();
  const listBelow = async (path?: string) => {
    const within = path === undefined ? {} : { path };
    for await (const file of listFiles({ repo, revision: sha, recursive: true, ...within, ...access }))
      if (file.type === 'file') entries.set(safePath(file.path, id), listed(file));
  };
  await listBelow(below).catch((error: unknown) => {
    if (below === undefined || !(error instanceof HubApiError) || error.statusCode !== 404) throw error;
    return listBelow();
  });
  return { commit: sha, entries };
}

function listed({ size, oid = '', lfs }: ListFileEntry): Listed {
  const digest: Digest = lfs
    ? { algorithm: 'sha256', hex: lfs.oid.replace('sha256:', '') }
    : { algorithm: 'git-sha1', hex: oid };
  return { bytes: size, digest };
}

/** A listing is not to be trusted with names: none may lead out of the cache. */
function safePath(path: string, id: string): string {
  const clean = normalize(path);
  if (isAbsolute(clean) || clean.split(sep)[0] === '..' || path.includes('\0'))
    throw new HubError(id, `the Hub lists a file outside of the data set: ${JSON.stringify(path)}`);
  return path;
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

/** The files of the snapshot that `revision` names in a cache, if it is there. */
async function cachedSnapshot(cache: string, revision: string): Promise<DatasetFiles | undefined> {
  const commit = await readFile(join(cache, 'refs', revision), 'utf8').catch(() => revision);
  const snapshot = join(cache, 'snapshots', commit.trim());
  if ((await stat(snapshot).catch(() => undefined)) === undefined) return undefined;
  return { paths: await pathsBelow(snapshot), fetch: async (path) => join(snapshot, path) };
}
