import { constants as fileConstants } from 'node:fs';
import { constants } from 'node:os';
import type { LibraryHandle } from 'koffi';
import { bindCApi, type CApi } from '../c-api/c-api.js';
import { foreignFunctions } from '../c-api/foreign-functions.js';
import { TensorFlowSetupError } from '../errors.js';
import { cpuFeatures } from './cpu.js';
import { type LibraryLocation, libraryVariable } from './library-location.js';
import { releaseLibraryPages } from './release-pages.js';
import { shelterFromSignals } from './signals.js';

const RTLD_NODELETE = process.platform === 'darwin' ? 0x80 : 0x1000;
const logLevel = 'TF_CPP_MIN_LOG_LEVEL';
const defaults = { [logLevel]: '3', NVIDIA_TF32_OVERRIDE: '0', TF_GPU_THREAD_MODE: 'gpu_private' };

/**
 * Loads the two libraries and binds the C API. The libraries are never unloaded, because TensorFlow's threads keep
 * running.
 *
 * Three environment variables get a default if they are not set:
 * - TF_CPP_MIN_LOG_LEVEL=3: no log.
 * - NVIDIA_TF32_OVERRIDE=0: float32 products on NVIDIA GPUs keep all 24 bits. TF32 would drop 13 of them.
 * - TF_GPU_THREAD_MODE=gpu_private: threads that start GPU operations do nothing else.
 *
 * @throws TensorFlowSetupError ('load', 'unsupported-platform')
 */
export function loadLibrary(location: LibraryLocation): CApi {
  if (!cpuFeatures().avx) {
    throw new TensorFlowSetupError(
      'unsupported-platform',
      'TensorFlow needs a CPU with AVX. This CPU has none.',
      'Use another tfjs backend, such as WASM, or a newer machine.',
    );
  }
  const koffi = foreignFunctions();
  const wantsLog = process.env[logLevel] !== undefined;
  const libc = koffi.load(null);
  const setenv = libc.func('setenv', 'int', ['str', 'str', 'int']);
  for (const [name, value] of Object.entries(defaults)) {
    process.env[name] ??= value;
    setenv(name, value, 0); // in a worker thread, process.env is a copy that TensorFlow does not see
  }
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
    shelterFromSignals(koffi); // before TensorFlow has threads
    return c;
  } catch (error) {
    throw failedLoad(String(error), error);
  }
}

function failedLoad(detail: string, cause?: unknown): TensorFlowSetupError {
  let remedy = `Delete the folder, and it is fetched again. Or set ${libraryVariable} to another folder.`;
  if (/failed to map segment|Operation not permitted/.test(detail)) {
    remedy =
      'The file system of the folder may be mounted noexec. Set XDG_CACHE_HOME to a folder on another one.';
  } else if (/GLIBC/.test(detail)) {
    remedy =
      'The system is older than the library. Use a newer system, or another tfjs backend, such as WASM.';
  } else if (/allocate memory/.test(detail)) {
    remedy = 'Loading takes about 1 GB of address space. Raise the memory limit (ulimit -v, container).';
  }
  return new TensorFlowSetupError('load', `libtensorflow did not load: ${detail}.`, remedy, { cause });
}

/** Calls `work` while stderr is discarded. Loading prints a notice at every log level. */
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
