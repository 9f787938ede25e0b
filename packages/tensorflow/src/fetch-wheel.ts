import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { type LibraryBuild, tensorFlowVersion, wheelPython } from './builds.js';
import { TensorFlowSetupError } from './errors.js';
import { isDiskFull } from './files.js';
import { libraryVariable } from './library-location.js';
import type { OnProgress } from './progress.js';

export interface FetchOptions {
  /** Refuse to use the network; a wheel that an earlier run left behind is still used. */
  offline?: boolean;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Downloads a build's wheel into `folder` and checks its SHA-256. The user's own pip does it, so that its
 * configuration (index, mirror, proxy, certificates) is honoured and its cache used. A wheel that is already
 * there and has the right hash is not fetched again.
 *
 * @returns the wheel's path
 * @throws TensorFlowSetupError
 */
export async function fetchWheel(
  build: LibraryBuild,
  folder: string,
  options: FetchOptions = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const wheel = path.join(folder, `${build.sha256}.whl`);
  if (await fileSize(wheel)) {
    if ((await hashFile(wheel, build.wheelBytes, options.onProgress)) === build.sha256) return wheel;
    await rm(wheel);
  }
  if (options.offline) {
    throw new TensorFlowSetupError(
      'offline',
      `libtensorflow ${tensorFlowVersion} is not in the cache, and fetching is switched off.`,
      `Run once with a network, or set ${libraryVariable} to a folder that holds it.`,
    );
  }
  const scratch = path.join(folder, `pip-${process.pid}`);
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch);
  try {
    const python = await findPython();
    await download(python, build, scratch, options);
    const name = (await readdir(scratch)).find((file) => file.endsWith('.whl'));
    if (!name) throw failedDownload('pip reported success but left no wheel.');
    const fetched = path.join(scratch, name);
    const sha256 = await hashFile(fetched, build.wheelBytes, options.onProgress);
    if (sha256 !== build.sha256) {
      throw new TensorFlowSetupError(
        'hash-mismatch',
        `The wheel that pip delivered (${name}) is not the pinned one: its SHA-256 is ${sha256}, ` +
          `expected ${build.sha256}. It was discarded.`,
        'Check which index or mirror pip uses (pip config list) and whether a proxy alters downloads.',
      );
    }
    await rename(fetched, wheel);
    return wheel;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @throws TensorFlowSetupError ('no-python', 'no-pip') */
export async function findPython(): Promise<string> {
  const failures: string[] = [];
  for (const command of process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']) {
    const { exitCode, failed, stderr } = await execa(command, ['-m', 'pip', '--version'], { reject: false });
    if (!failed) return command;
    if (exitCode !== undefined) failures.push(`${command}: ${lastLine(stderr)}`);
  }
  if (failures.length === 0) {
    throw new TensorFlowSetupError(
      'no-python',
      'Python was not found, and its pip is what fetches libtensorflow.',
      `Install Python 3.10 or newer with pip, or set ${libraryVariable} to a folder with the libraries.`,
    );
  }
  throw new TensorFlowSetupError(
    'no-pip',
    `Python is there, but without pip (${failures.join('; ')}).`,
    `Install it (python3 -m ensurepip, or the package python3-pip), or set ${libraryVariable}.`,
  );
}

async function download(
  python: string,
  build: LibraryBuild,
  scratch: string,
  options: FetchOptions,
): Promise<void> {
  const temporary = path.join(scratch, 'tmp');
  await mkdir(temporary);
  const stop = watchGrowth(scratch, build.wheelBytes, options.onProgress);
  const result = await execa(
    python,
    [
      ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check', '--no-deps'],
      ...['--only-binary=:all:', '--platform', build.tag, '--implementation', 'cp'],
      ...['--python-version', wheelPython.version, '--abi', wheelPython.abi, '--dest', scratch],
      `${build.package}==${tensorFlowVersion}`,
    ],
    {
      // pip 25.1 and newer continues a broken transfer where it stopped; older ones start it again.
      env: { TMPDIR: temporary, PIP_RESUME_RETRIES: process.env.PIP_RESUME_RETRIES ?? '5' },
      reject: false,
      ...(options.signal ? { cancelSignal: options.signal } : {}),
    },
  ).finally(stop);
  if (!result.failed) return;
  options.signal?.throwIfAborted();
  if (isDiskFull(result.stderr)) {
    throw new TensorFlowSetupError(
      'disk-full',
      `No space was left while downloading ${build.package} (${megabytes(build.wheelBytes)}).`,
      `Free space in ${path.dirname(scratch)}, or move the cache with XDG_CACHE_HOME.`,
    );
  }
  throw failedDownload(
    `pip could not download ${build.package} ${tensorFlowVersion}: ${lastLine(result.stderr)}`,
  );
}

/** Reports the size of the wheel pip is writing, wherever under `folder` that is, until stopped. */
function watchGrowth(folder: string, total: number, onProgress: OnProgress | undefined): () => void {
  if (!onProgress) return () => {};
  onProgress({ stage: 'download', done: 0, total });
  const timer = setInterval(async () => {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    const sizes = await Promise.all(
      files.filter((file) => file.endsWith('.whl')).map((file) => fileSize(path.join(folder, file))),
    );
    const done = Math.max(0, ...sizes);
    if (done > 0) onProgress({ stage: 'download', done: Math.min(done, total), total });
  }, 250);
  return () => clearInterval(timer);
}

async function hashFile(file: string, total: number, onProgress: OnProgress | undefined): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 4 * 2 ** 20 })) {
    hash.update(chunk);
    done += (chunk as Buffer).length;
    onProgress?.({ stage: 'verify', done, total });
  }
  return hash.digest('hex');
}

async function fileSize(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function failedDownload(reason: string): TensorFlowSetupError {
  return new TensorFlowSetupError(
    'download',
    reason,
    `Check the network and pip's settings (pip config list, HTTPS_PROXY), or set ${libraryVariable} to a folder ` +
      'with the libraries.',
  );
}

function lastLine(output: string): string {
  // An index address in pip's configuration may carry a password.
  return (output.trim().split('\n').at(-1) ?? '').replace(/\/\/[^/@\s]+@/g, '//***@');
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
