import type { CApi } from '../c-api/c-api.js';
import { contextConfig, operationsAtOnce } from '../c-api/config-proto.js';
import { checkStatus } from '../c-api/status.js';
import { type Device, EagerContext } from '../eager/eager-context.js';
import { TensorFlowSetupError } from '../errors.js';
import { type AcquireOptions, acquireLibrary } from '../library/acquire-library.js';
import { usableCores } from '../library/cpu.js';
import { loadLibrary } from '../library/load-library.js';
import { workerJob } from './cluster.js';
import { listeningSockets, restrictToLoopback } from './loopback.js';
import { encodeServerDef } from './server-def.js';

export interface ServeOptions extends AcquireOptions {
  /** TCP port, 1 to 65,535. Clients must use the same number. */
  port: number;
  /** Threads of one operation. Default: the cores that this process may use. */
  threads?: number;
  /** Memory limit of the first GPU, in bytes. Default: grow as needed. */
  gpuMemoryBytes?: number;
  /**
   * Listen on all interfaces, not only on loopback. Anyone who reaches the port can then run code on this machine:
   * connections are neither encrypted nor authenticated. Default: false.
   */
  allInterfaces?: boolean;
}

/** A worker that serves. */
export interface Served {
  /** TensorFlow's version. */
  readonly version: string;
  readonly port: number;
  readonly devices: readonly Device[];
  readonly threads: number;
}

/**
 * Makes this process a worker. Other processes use its devices through `openTensorFlow({ workers })`. TensorFlow cannot
 * stop serving before the process ends. Serving alone does not keep Node running.
 *
 * @throws TensorFlowSetupError; `problem` is 'port' if the port cannot be used, and 'already-open' if TensorFlow is open
 *   in this process
 */
export async function serveTensorFlow(options: ServeOptions): Promise<Served> {
  const c = loadLibrary(await acquireLibrary(options));
  const threads = options.threads ?? usableCores();
  const config = {
    intraOpThreads: threads,
    interOpThreads: operationsAtOnce(threads),
    ...(options.gpuMemoryBytes === undefined ? {} : { gpuMemoryBytes: options.gpuMemoryBytes }),
  };
  const context = new EagerContext(c, config);
  const { devices } = context;
  context.dispose();
  startServer(c, options, contextConfig(config));
  return { version: c.TF_Version(), port: options.port, devices, threads };
}

/**
 * Starts TensorFlow's server in this process. It cannot be stopped.
 *
 * @param config a serialized ConfigProto
 * @throws TensorFlowSetupError ('port')
 */
export function startServer(
  c: CApi,
  { port, allInterfaces = false }: Pick<ServeOptions, 'port' | 'allInterfaces'>,
  config: Uint8Array,
): void {
  const def = encodeServerDef({
    jobs: [{ name: workerJob, addresses: [`localhost:${port}`] }],
    job: workerJob,
    task: 0,
    config,
  });
  const before = allInterfaces ? undefined : listeningSockets();
  const status = c.TF_NewStatus();
  try {
    const server = c.TF_NewServer(def, def.length, status);
    if (c.TF_GetCode(status) !== 0) {
      throw new TensorFlowSetupError(
        'port',
        `Cannot listen on port ${port}: ${c.TF_Message(status)}.`,
        'Another program may use it. Choose another port.',
      );
    }
    // The port is bound, but nothing is served yet.
    if (before) restrictToLoopback(before);
    c.TF_ServerStart(server, status);
    checkStatus(c, status, 'TF_ServerStart');
  } finally {
    c.TF_DeleteStatus(status);
  }
}
