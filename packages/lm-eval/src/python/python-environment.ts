import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '@grasp/download';
import { publishFolder } from '@grasp/files';
import { installInto } from './install.js';
import type { PythonOptions } from './python-options.js';

/**
 * Returns the interpreter of a virtual environment with the packages of a requirements file. The environment is created on
 * first use. Its folder is named by the hash of the file, so other pins create another environment. The configuration of
 * pip (index, proxy, certificates, folders of wheels) applies.
 *
 * @param requirements path of a requirements file.
 * @returns path of the interpreter.
 * @throws PythonError if there is no Python 3.10 or later, no venv module, or pip fails. The message contains the last lines of the output.
 */
export async function pythonEnvironment(requirements: string, options: PythonOptions = {}): Promise<string> {
  if (options.python) return options.python;
  const pins = createHash('sha256').update(await readFile(requirements));
  const cache = options.cache ?? join(cacheFolder(), 'python');
  const folder = join(cache, pins.digest('hex').slice(0, 16));
  if (await exists(folder)) return interpreterOf(folder);

  // A virtual environment can be moved, so it gets its name when it is complete.
  const partial = `${folder}.${process.pid}.partial`;
  try {
    await mkdir(cache, { recursive: true });
    await installInto(partial, interpreterOf(partial), requirements, options);
    await publishFolder(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return interpreterOf(folder);
}

function interpreterOf(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
