import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, checkSpace, DownloadError, fetchWheel, isDiskFull } from '@grasp/download';
import { withLock } from '@grasp/files';
import { TensorFlowSetupError } from '../errors.js';
import { type BuildKind, type LibraryBuild, tensorFlowWheel } from './builds.js';
import { extractLibrary, partialMark } from './extract-library.js';
import {
  buildFolder,
  findLibrary,
  type LibraryLocation,
  libraryVariable,
  requireLibrary,
} from './library-location.js';
import { buildFor } from './platform.js';
import { type OnProgress, throttled } from './progress.js';
import { setupError } from './setup-error.js';

export interface AcquireOptions {
  /** Folder of the libraries. Default: the environment variable GRASP_TENSORFLOW_LIBRARY. */
  library?: string;
  /** The build to fetch. Default: 'cpu'. */
  build?: BuildKind;
  /** Default: `$XDG_CACHE_HOME/grasp`, or `~/.cache/grasp`. */
  cacheDir?: string;
  /** Do not use the network. Default: whether the environment variable GRASP_OFFLINE is set. */
  offline?: boolean;
  onProgress?: OnProgress;
  /** Aborts a download. */
  signal?: AbortSignal;
}

/**
 * Finds libtensorflow in the given folder or in the user's cache. If it is in neither, it is fetched into the cache. When
 * several processes start at the same time, one fetches and the others wait.
 *
 * @throws TensorFlowSetupError
 */
export async function acquireLibrary(options: AcquireOptions = {}): Promise<LibraryLocation> {
  const named = options.library ?? process.env[libraryVariable];
  if (named) return requireLibrary(named);
  const build = buildFor(options.build ?? 'cpu');
  const cacheDir = options.cacheDir ?? cacheFolder();
  return fetchLibrary(build, buildFolder(cacheDir, build), options);
}

/**
 * Fetches a build to a folder, unless the folder has it.
 *
 * @throws TensorFlowSetupError
 */
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
          await checkSpace(parent, build.wheelBytes + build.libraryBytes, 'libtensorflow');
          const wheel = await fetchWheel(tensorFlowWheel(build), downloads, {
            ...options,
            onBytes: (stage, done, total) => onProgress({ stage, done, total }),
          });
          await extractLibrary(wheel, build.files, folder, onProgress);
          // The verified wheel is kept until now. An interrupted run need not download it again.
          await rm(downloads, { recursive: true, force: true });
        },
      );
    } catch (error) {
      throw explain(error, parent, build);
    }
  }
  return find() ?? requireLibrary(folder);
}

/** Removes the folders of interrupted extractions. */
async function removeLeftovers(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  const mark = path.basename(folder) + partialMark;
  for (const name of await readdir(parent)) {
    if (name.startsWith(mark)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

/** Whether an error means that a path is not writable. */
function isNotWritable(problem: unknown): boolean {
  const code = (problem as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
}

function explain(error: unknown, folder: string, build: LibraryBuild): unknown {
  if (error instanceof DownloadError) return setupError(error);
  if (isDiskFull(error)) return diskFull(folder, build.wheelBytes + build.libraryBytes, error);
  if (isNotWritable(error)) {
    return new TensorFlowSetupError(
      'not-writable',
      `The cache folder ${folder} is not writable.`,
      `Set XDG_CACHE_HOME to a writable folder, or ${libraryVariable} to a folder with the libraries.`,
      { cause: error },
    );
  }
  return error;
}

function diskFull(folder: string, bytes: number, cause?: unknown): TensorFlowSetupError {
  return new TensorFlowSetupError(
    'disk-full',
    `Not enough free space in ${folder}: libtensorflow needs ${(bytes / 1e9).toFixed(1)} GB.`,
    'Free some space, or set XDG_CACHE_HOME to a folder on another disk.',
    { cause },
  );
}
