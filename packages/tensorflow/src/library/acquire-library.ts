import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { DownloadError, fetchWheel, isDiskFull, withLock } from '@grasp/download';
import { TensorFlowSetupError } from '../errors.js';
import { type BuildKind, type LibraryBuild, tensorFlowWheel } from './builds.js';
import { extractLibrary, partialMark } from './extract-library.js';
import { isNotWritable } from './files.js';
import {
  buildFolder,
  defaultCacheDir,
  findLibrary,
  type LibraryLocation,
  libraryVariable,
  requireLibrary,
} from './library-location.js';
import { buildFor } from './platform.js';
import { type OnProgress, throttled } from './progress.js';
import { setupError } from './setup-error.js';

export interface AcquireOptions {
  /** A folder that holds the libraries. Default: the environment's GRASP_TENSORFLOW_LIBRARY. */
  library?: string;
  /** Which build to fetch. Default: 'cpu'. */
  build?: BuildKind;
  /** Default: `$XDG_CACHE_HOME/grasp`, or `~/.cache/grasp`. */
  cacheDir?: string;
  /** Refuse to use the network. Default: whether the environment has GRASP_OFFLINE. */
  offline?: boolean;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Finds libtensorflow: in the folder named, else in the user's cache, else fetched into that cache. Processes
 * that do this at the same time wait for the first.
 *
 * @throws TensorFlowSetupError
 */
export async function acquireLibrary(options: AcquireOptions = {}): Promise<LibraryLocation> {
  const named = options.library ?? process.env[libraryVariable];
  if (named) return requireLibrary(named);
  const build = buildFor(options.build ?? 'cpu');
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  return fetchLibrary(build, buildFolder(cacheDir, build), options);
}

/** Fetches a build to its folder, unless it is there. */
export async function fetchLibrary(
  build: LibraryBuild,
  folder: string,
  options: Pick<AcquireOptions, 'offline' | 'onProgress' | 'signal'> = {},
): Promise<LibraryLocation> {
  const onProgress = throttled(options.onProgress);
  const find = () => findLibrary(folder, [build.files]);
  const parent = path.dirname(folder);
  const downloads = `${folder}.download`;
  if (!find()) {
    try {
      await mkdir(parent, { recursive: true });
      await withLock(
        `${folder}.lock`,
        () => {
          options.signal?.throwIfAborted();
          return find() !== undefined;
        },
        async () => {
          await removeLeftovers(folder);
          await requireSpace(parent, build.wheelBytes + build.libraryBytes);
          const wheel = await fetchWheel(tensorFlowWheel(build), downloads, {
            ...options,
            onBytes: (stage, done, total) => onProgress({ stage, done, total }),
          });
          await extractLibrary(wheel, build.files, folder, onProgress);
          // Until here the verified wheel stays, so that a run cut short need not download again.
          await rm(downloads, { recursive: true, force: true });
        },
      );
    } catch (error) {
      throw explain(error, parent, build);
    }
  }
  return find() ?? requireLibrary(folder);
}

/** What extractions that were killed left behind. */
async function removeLeftovers(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  const mark = path.basename(folder) + partialMark;
  for (const name of await readdir(parent)) {
    if (name.startsWith(mark)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes) throw diskFull(folder, bytes);
}

function explain(error: unknown, folder: string, build: LibraryBuild): unknown {
  if (error instanceof DownloadError) return setupError(error);
  if (isDiskFull(error)) return diskFull(folder, build.wheelBytes + build.libraryBytes, error);
  if (isNotWritable(error)) {
    return new TensorFlowSetupError(
      'not-writable',
      `The cache folder ${folder} cannot be written to.`,
      `Give a writable one with XDG_CACHE_HOME, or set ${libraryVariable} to a folder with the libraries.`,
      { cause: error },
    );
  }
  return error;
}

function diskFull(folder: string, bytes: number, cause?: unknown): TensorFlowSetupError {
  return new TensorFlowSetupError(
    'disk-full',
    `Fetching libtensorflow needs ${(bytes / 1e9).toFixed(1)} GB in ${folder}, and there is less free.`,
    'Free some space, or move the cache with XDG_CACHE_HOME.',
    { cause },
  );
}
