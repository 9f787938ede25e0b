import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, findPython, offlineVariable } from '@grasp/download';
import { tensorFlowVersion } from '@grasp/tensorflow';
import { execa } from 'execa';
import { GpuBenchmarkError } from './gpu-error.js';

const VARIABLE = 'GRASP_TENSORFLOW_LIBRARY';
/** Three gigabytes from a package index. */
const INSTALL_MS = 15 * 60_000;
const PACKAGE = `tensorflow[and-cuda]==${tensorFlowVersion}`;

/**
 * The `tensorflow` folder of a GPU build: the one that GRASP_TENSORFLOW_LIBRARY names, else the one in the cache, else one
 * that pip installs into the cache with CUDA's libraries beside it.
 *
 * @throws GpuBenchmarkError if none can be had; the message says what to do
 */
export async function gpuLibrary(say: (line: string) => void, cache = cacheFolder()): Promise<string> {
  const named = process.env[VARIABLE];
  if (named) {
    if (hasLibrary(named)) return named;
    throw new GpuBenchmarkError(`${VARIABLE} is ${named}, which has no libtensorflow_cc. ${REMEDY}`);
  }
  const folder = join(cache, 'tensorflow-cuda', tensorFlowVersion);
  const library = join(folder, 'tensorflow');
  if (hasLibrary(library)) return library;
  const off = offlineVariable();
  if (off !== undefined)
    throw new GpuBenchmarkError(
      `There is no GPU build of TensorFlow in ${folder}, and ${off} is set. ${REMEDY}`,
    );
  say(`installing ${PACKAGE} into ${folder}, about 3 GB …`);
  await install(folder);
  if (hasLibrary(library)) return library;
  throw new GpuBenchmarkError(`pip installed ${PACKAGE}, but ${library} has no libtensorflow_cc. ${REMEDY}`);
}

const REMEDY = `Run pip install '${PACKAGE}' and set ${VARIABLE} to the tensorflow folder of that package.`;

const hasLibrary = (folder: string): boolean => existsSync(join(folder, 'libtensorflow_cc.so.2'));

/** Installs beside the folder, which then appears whole. */
async function install(folder: string): Promise<void> {
  const python = await findPython();
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}.partial-`);
  try {
    const options = ['--target', draft, '--no-compile', '--only-binary=:all:', '--disable-pip-version-check'];
    const pip = await execa(python, ['-m', 'pip', 'install', '--quiet', ...options, PACKAGE], {
      reject: false,
      stdin: 'ignore',
      timeout: INSTALL_MS,
    });
    if (pip.failed) {
      const said = pip.stderr.trim().split('\n').slice(-5).join('\n') || pip.shortMessage;
      throw new GpuBenchmarkError(`pip cannot install ${PACKAGE}:\n${said}\n${REMEDY}`);
    }
    await rm(folder, { recursive: true, force: true }); // it has no library, or it would be used
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
