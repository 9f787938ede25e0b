import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** An output folder that cannot be used: it holds something, another run writes to it, or it cannot be made. */
export class OutputFolderError extends Error {
  override readonly name = 'OutputFolderError';
  readonly code = 'GRASP_OUTPUT';
  constructor(
    message: string,
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A folder that appears under its final name only when it is complete. */
export interface OutputFolder {
  readonly path: string;
  /** Where to write meanwhile: `path` with `.partial` added. */
  readonly work: string;
  /** Flushes everything to disk and gives the folder its final name. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

const LOCK = '.lock';
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** The process that holds a work folder, if it still runs. Another machine's is taken to run. */
async function holder(work: string): Promise<string | undefined> {
  const text = await readFile(join(work, LOCK), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [host = '', pid = ''] = text.split(' ');
  if (host !== hostname()) return `process ${pid} on ${host}`;
  try {
    process.kill(Number(pid), 0);
    return `process ${pid}`;
  } catch (error) {
    return codeOf(error) === 'EPERM' ? `process ${pid}` : undefined;
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function lock(path: string, work: string): Promise<void> {
  try {
    await writeFile(join(work, LOCK), `${hostname()} ${process.pid}`, { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const owner = await holder(work);
    if (owner)
      throw new OutputFolderError(`${path} is being written by ${owner}. Choose another, or wait.`, path);
    await rm(join(work, LOCK));
    await lock(path, work);
  }
}

async function claim(path: string, work: string): Promise<void> {
  try {
    await mkdir(work, { recursive: true });
    await lock(path, work);
    // What a killed run left behind.
    for (const name of await readdir(work))
      if (name !== LOCK) await rm(join(work, name), { recursive: true });
  } catch (error) {
    if (error instanceof OutputFolderError) throw error;
    throw new OutputFolderError(`Cannot write to ${path}: ${(error as Error).message}.`, path, {
      cause: error,
    });
  }
}

/**
 * Claims an output folder before any work is done. Nothing is visible at `path` until `commit`.
 *
 * @param path a folder that does not exist, is empty, or (with `overwrite`) holds an earlier result.
 * @throws OutputFolderError if it holds something, is claimed by another running process, or cannot be written.
 */
export async function claimOutputFolder(
  path: string,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<OutputFolder> {
  const target = resolve(path);
  const work = `${target}.partial`;
  const present = await readdir(target).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new OutputFolderError(`Cannot write to ${path}: ${(error as Error).message}.`, path, {
      cause: error,
    });
  });
  if (present.length > 0 && !overwrite) {
    throw new OutputFolderError(`${path} is not empty. Choose another folder, or allow overwriting.`, path);
  }
  await claim(target, work);
  return {
    path: target,
    work,
    async commit() {
      for (const name of await readdir(work)) await flush(join(work, name));
      await rm(join(work, LOCK));
      const old = `${target}.replaced`;
      if (present.length > 0) await rename(target, old);
      await rename(work, target);
      await flush(dirname(target));
      if (present.length > 0) await rm(old, { recursive: true });
    },
    discard: () => rm(work, { recursive: true, force: true }),
  };
}
