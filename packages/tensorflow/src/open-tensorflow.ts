import { isMainThread } from 'node:worker_threads';
import { registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { operationsAtOnce } from './c-api/config-proto.js';
import { EagerContext } from './eager/eager-context.js';
import { solveDefinite } from './eager/solve-definite.js';
import { TensorFlowClosedError, TensorFlowSetupError } from './errors.js';
import { recordFunction } from './graph/record.js';
import { type AcquireOptions, acquireLibrary } from './library/acquire-library.js';
import { cpuFeatures, usableCores } from './library/cpu.js';
import type { LibraryLocation } from './library/library-location.js';
import { loadLibrary } from './library/load-library.js';
import { profile } from './profile/profile.js';
import type { TensorFlow } from './tensorflow.js';
import { registerAnyOp, runAnyOp } from './tfjs/any-op.js';
import { createBackend } from './tfjs/backend.js';
import { Bfloat16 } from './tfjs/bfloat16.js';
import { Binding } from './tfjs/binding.js';
import { throwTypedIfDisposed } from './tfjs/disposed-tensors.js';
import { registerOwnKernels } from './tfjs/kernels.js';
import { matMulOf } from './tfjs/mat-mul.js';
import { Cluster, reachWorkers } from './workers/cluster.js';

export interface OpenOptions extends AcquireOptions {
  threads?: {
    /** Threads inside one operation. Default: the cores that this process may use. */
    intra?: number;
    /** Operations of a recorded function that run at the same time. Default: 2, or 1 if `intra` is 1. */
    inter?: number;
  };
  /** Memory limit of the first GPU, in bytes. Default: grow as needed. */
  gpuMemoryBytes?: number;
  /**
   * `host:port` of processes that run `serveTensorFlow`, whose devices to use. Connections are neither encrypted nor
   * authenticated. Linux only.
   */
  workers?: readonly string[];
}

const backendName = 'tensorflow';
/** Higher than every backend of tfjs. */
const backendPriority = 10;

let open: { tensorFlow: TensorFlow; options: OpenOptions } | undefined;

/**
 * Opens TensorFlow and makes it the current tfjs backend. The first call on a machine fetches libtensorflow.
 *
 * A process has one TensorFlow at a time, and each of its worker threads one of its own. If it is open, it is returned,
 * unless the options ask for another one.
 *
 * @throws TensorFlowSetupError; `problem` is 'already-open' if TensorFlow is open with other options, or in another copy
 *   of this package
 */
export async function openTensorFlow(options: OpenOptions = {}): Promise<TensorFlow> {
  if (open) return reopen(open.tensorFlow, open.options, options);
  const location = await acquireLibrary(options);
  await reachWorkers(options.workers ?? []);
  if (open) return openTensorFlow(options);
  const tensorFlow = start(location, options);
  open = { tensorFlow, options };
  // The memory of a worker thread that ends belongs to the process, which goes on.
  if (!isMainThread) process.once('exit', tensorFlow.dispose);
  await setBackend(backendName);
  throwTypedIfDisposed();
  return tensorFlow;
}

/** The open TensorFlow, if any. */
export function openedTensorFlow(): TensorFlow | undefined {
  return open?.tensorFlow;
}

async function reopen(tensorFlow: TensorFlow, before: OpenOptions, now: OpenOptions): Promise<TensorFlow> {
  const { threads, library, build } = tensorFlow.info;
  const asked: Readonly<Record<string, readonly [now: unknown, before: unknown]>> = {
    'threads.intra': [now.threads?.intra, threads.intra],
    'threads.inter': [now.threads?.inter, threads.inter],
    library: [now.library, library],
    build: [now.build, build],
    workers: [now.workers?.join(), (before.workers ?? []).join()],
    gpuMemoryBytes: [now.gpuMemoryBytes, before.gpuMemoryBytes],
  };
  for (const [option, [value, current]] of Object.entries(asked)) {
    if (value === undefined || value === current) continue;
    throw new TensorFlowSetupError(
      'already-open',
      `TensorFlow is already open in this process, with ${option} '${current ?? 'default'}' instead of '${value}'.`,
      'Dispose of it first, or open it with the same options.',
    );
  }
  await setBackend(backendName);
  return tensorFlow;
}

function start(location: LibraryLocation, options: OpenOptions): TensorFlow {
  const c = loadLibrary(location);
  const intra = options.threads?.intra ?? usableCores();
  const threads = { intra, inter: options.threads?.inter ?? operationsAtOnce(intra) };
  const { workers = [], gpuMemoryBytes } = options;
  const config = {
    intraOpThreads: threads.intra,
    interOpThreads: threads.inter,
    ...(gpuMemoryBytes === undefined ? {} : { gpuMemoryBytes }),
  };
  const context = new EagerContext(c, config, workers.length > 0 ? new Cluster(workers) : undefined);
  const binding = new Binding(context);
  const backend = createBackend(binding);
  const half = new Bfloat16(backend);
  registerOwnKernels();
  registerAnyOp(backendName);
  registerBackend(backendName, () => backend, backendPriority);
  const handle: TensorFlow = {
    info: {
      version: c.TF_Version(),
      build: options.build ?? (context.gpu ? 'gpu' : 'cpu'),
      library: location.folder,
      devices: context.devices,
      threads,
      bfloat16: context.gpu || cpuFeatures().bfloat16 ? 'native' : 'emulated',
    },
    record: (name, fn, recordOptions) => {
      if (context.closed) throw new TensorFlowClosedError();
      return recordFunction(context, backend, name, fn, recordOptions);
    },
    toBfloat16: (x) => half.from(x),
    fromBfloat16: (x) => half.toFloat32(x),
    bfloat16Tensor: (bits, shape) => half.fromBits(bits, shape),
    isBfloat16: (x) => half.is(x),
    matMul: matMulOf(backend, half),
    onDevice: (device, work) => binding.onDevice(device, work),
    solveDefinite: (a, b, n) => solveDefinite(binding, context.tensors, a, b, n),
    op: (name, attrs, inputs, outputCount) => runAnyOp(backend, name, attrs, inputs, outputCount),
    profile: (work) => profile(context, work),
    compilations: () => context.compilations.size,
    memory: () => ({ tensors: context.tensors.count, bytes: context.tensors.bytes }),
    dispose: () => {
      if (open?.tensorFlow !== handle) return;
      open = undefined;
      removeBackend(backendName);
      context.dispose();
    },
  };
  return handle;
}
