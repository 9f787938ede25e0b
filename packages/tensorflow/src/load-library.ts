import { constants as fsConstants } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { bindCApi, type CApi } from './c-api.js';

const noDelete = 0x1000; // RTLD_NODELETE on Linux

export const libraryFiles = ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'] as const;

/**
 * Loads the two libraries of a folder for the life of the process and binds the C API.
 * They are never unloaded: TensorFlow's threads outlive any handle to it.
 */
export function loadLibrary(folder: string): CApi {
  const [framework, cc] = libraryFiles.map((file) => path.join(folder, file)) as [string, string];
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  const libc = koffi.load(null);
  const dlopen = libc.func('dlopen', 'void *', ['str', 'int']);
  const dlerror = libc.func('dlerror', 'str', []);
  quietly(libc, () => {
    for (const file of [framework, cc]) {
      if (!dlopen(file, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | noDelete))
        throw new Error(dlerror());
    }
  });
  return bindCApi(framework, cc);
}

/** Runs fn with the process's stderr closed off: loading prints notices that no log level stops. */
function quietly<T>(libc: LibraryHandle, fn: () => T): T {
  const dup = libc.func('dup', 'int', ['int']);
  const dup2 = libc.func('dup2', 'int', ['int', 'int']);
  const open = libc.func('open', 'int', ['str', 'int']);
  const close = libc.func('close', 'int', ['int']);
  const saved = dup(2);
  const nowhere = open('/dev/null', fsConstants.O_WRONLY);
  dup2(nowhere, 2);
  try {
    return fn();
  } finally {
    dup2(saved, 2);
    close(saved);
    close(nowhere);
  }
}
