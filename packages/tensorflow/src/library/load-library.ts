import { constants as fileConstants } from 'node:fs';
import { constants } from 'node:os';
import type { LibraryHandle } from 'koffi';
import { bindCApi, type CApi } from '../c-api/c-api.js';
import { foreignFunctions } from '../c-api/foreign-functions.js';
import { TensorFlowSetupError } from '../errors.js';
import { cpuFeatures } from './cpu.js';
import { type LibraryLocation, libraryVariable } from './library-location.js';
import { releaseLibraryPages } from './release-pages.js';

const RTLD_NODELETE = process.platform === 'darwin' ? 0x80 : 0x1000;
const logLevel = 'TF_CPP_MIN_LOG_LEVEL';
const tensorFloat = 'NVIDIA_TF32_OVERRIDE';
const gpuThreads = 'TF_GPU_THREAD_MODE';

/**
 * Loads the two libraries for the life of the process and binds the C API. They are never unloaded: TensorFlow's
 * threads outlive any handle to them. TensorFlow's own log is off unless TF_CPP_MIN_LOG_LEVEL asks for it. On NVIDIA's
 * GPUs float32 products keep their 24 bits, of which TensorFlow would drop 13 (TF32), unless NVIDIA_TF32_OVERRIDE asks, and
 * threads that start operations on a GPU do nothing else, unless TF_GPU_THREAD_MODE asks.
 *
 * @throws TensorFlowSetupError ('load', 'unsupported-platform')
 */
export function loadLibrary(location: LibraryLocation): CApi {
  if (!cpuFeatures().avx) {
    throw new TensorFlowSetupError(
      'unsupported-platform',
      'TensorFlow needs a CPU with AVX, and this one has none.',
      'Use another tfjs backend here (WASM), or a newer machine.',
    );
  }
  const koffi = foreignFunctions();
  const wantsLog = process.env[logLevel] !== undefined;
  process.env[logLevel] ??= '3';
  process.env[tensorFloat] ??= '0';
  process.env[gpuThreads] ??= 'gpu_private';
  const libc = koffi.load(null);
  const dlopen = libc.func('dlopen', 'void *', ['str', 'int']);
  const dlerror = libc.func('dlerror', 'str', []);
  const open = () => {
    const flags = constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | RTLD_NODELETE;
    for (const file of [location.framework, location.cc])
      if (!dlopen(file, flags)) throw failedLoad(dlerror());
  };
  if (wantsLog) open();
  else withoutStderr(libc, open);
  try {
    const c = bindCApi(koffi, location.framework, location.cc);
    releaseLibraryPages(c, [location.framework, location.cc]);
    return c;
  } catch (error) {
    throw failedLoad(String(error), error);
  }
}

function failedLoad(detail: string, cause?: unknown): TensorFlowSetupError {
  let remedy = `Delete the folder to have it fetched again, or set ${libraryVariable} to another one.`;
  if (/failed to map segment|Operation not permitted/.test(detail)) {
    remedy = 'The folder may be on a file system mounted noexec: move the cache with XDG_CACHE_HOME.';
  } else if (/GLIBC/.test(detail)) {
    remedy = 'This system is older than the library: use a newer one, or another tfjs backend (WASM).';
  } else if (/allocate memory/.test(detail)) {
    remedy = 'Loading takes about 1 GB of address space: raise the memory limit (ulimit -v, container).';
  }
  return new TensorFlowSetupError('load', `libtensorflow did not load: ${detail}.`, remedy, { cause });
}

/** Runs `work` with the process's stderr closed off: loading prints a notice that no log level stops. */
function withoutStderr(libc: LibraryHandle, work: () => void): void {
  const dup = libc.func('dup', 'int', ['int']);
  const dup2 = libc.func('dup2', 'int', ['int', 'int']);
  const open = libc.func('open', 'int', ['str', 'int']);
  const close = libc.func('close', 'int', ['int']);
  const saved = dup(2);
  const nowhere = open('/dev/null', fileConstants.O_WRONLY);
  dup2(nowhere, 2);
  try {
    work();
  } finally {
    dup2(saved, 2);
    close(saved);
    close(nowhere);
  }
}
