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
  /** TCP port, 1 to 65,535. Who connects names the same one. */
  port: number;
  /** Threads inside one operation. Default: the cores this process may use. */
  threads?: number;
  /** Most memory to take of the first GPU. Default: grow as needed. */
  gpuMemoryBytes?: number;
  /**
   * Listen on every interface, instead of the loopback one alone. Whoever reaches the port can then run code here:
   * nothing is encrypted, and nobody authenticated.
   */
  allInterfaces?: boolean;
}

/** What a worker offers. */
export interface Served {
  /** TensorFlow's version. */
  readonly version: string;
  readonly port: number;
  readonly devices: readonly Device[];
  readonly threads: number;
}

/**
 * Makes this process a worker: its devices serve processes that name it in `openTensorFlow({ workers })`, until it
 * ends; TensorFlow has no way to stop before. Serving does not by itself keep Node running.
 *
 * @throws TensorFlowSetupError where the library cannot be had, or the port ('port')
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

function startServer(c: CApi, { port, allInterfaces = false }: ServeOptions, config: Uint8Array): void {
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
        `Port ${port} cannot be listened on: ${c.TF_Message(status)}.`,
        'Another program may have it: choose another port.',
      );
    }
    // Bound, and not serving yet.
    if (before) restrictToLoopback(before);
    c.TF_ServerStart(server, status);
    checkStatus(c, status, 'TF_ServerStart');
  } finally {
    c.TF_DeleteStatus(status);
  }
}
