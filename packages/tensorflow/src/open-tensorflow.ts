import { registerBackend, removeBackend, setBackend, type Tensor } from '@tensorflow/tfjs-core';
import { type AcquireOptions, acquireLibrary } from './library/acquire-library.js';
import type { AttributeValue } from './c-api/attributes.js';
import { createBackend } from './tfjs/backend.js';
import { Bfloat16 } from './tfjs/bfloat16.js';
import { Binding } from './tfjs/binding.js';
import type { BuildKind } from './library/builds.js';
import { Cluster, reachWorkers } from './workers/cluster.js';
import { operationsAtOnce } from './c-api/config-proto.js';
import { cpuFeatures, usableCores } from './library/cpu.js';
import { type Device, EagerContext } from './eager/eager-context.js';
import { TensorFlowSetupError } from './errors.js';
import { registerOwnKernels } from './tfjs/kernels.js';
import type { LibraryLocation } from './library/library-location.js';
import { loadLibrary } from './library/load-library.js';
import { type RecordedFunction, type RecordOptions, recordFunction, type TensorFunction } from './graph/record.js';
import { solveDefinite } from './eager/solve-definite.js';

export interface OpenOptions extends AcquireOptions {
  threads?: {
    /** Threads inside one operation. Default: the cores this process may use. */
    intra?: number;
    /** Operations of a recorded function that may run at the same time. Default: 2 where there are threads for it. */
    inter?: number;
  };
  /** Most memory to take of the first GPU. Default: grow as needed. */
  gpuMemoryBytes?: number;
  /**
   * Other processes whose devices to use, `host:port` each, where `serveTensorFlow` runs. What passes between is
   * neither encrypted nor authenticated. Linux only.
   */
  workers?: readonly string[];
}

export interface TensorFlowInfo {
  /** TensorFlow's version, e.g. '2.21.0'. */
  version: string;
  build: BuildKind;
  /** The folder the libraries came from. */
  library: string;
  devices: readonly Device[];
  threads: { intra: number; inter: number };
  /** Whether the processor multiplies bfloat16 itself; emulated, it saves memory but no time. */
  bfloat16: 'native' | 'emulated';
}

/** TensorFlow, opened as tfjs's backend 'tensorflow'. Its members may be taken apart: none uses `this`. */
export interface TensorFlow {
  readonly info: TensorFlowInfo;
  /**
   * A function that runs `fn` at its first call for each signature (shapes and types of its inputs), records it, and
   * runs the recording from then on. Tensors that `fn` takes from outside become inputs and must stay alive; plain
   * numbers are frozen into the recording.
   */
  record(name: string, fn: TensorFunction, options?: RecordOptions): RecordedFunction;
  /** A bfloat16 copy, rounded to nearest even. It reads as dtype 'float32'; arithmetic on it is refused. */
  toBfloat16(x: Tensor): Tensor;
  /** A float32 copy; exact. */
  fromBfloat16(x: Tensor): Tensor;
  /** A bfloat16 tensor from the raw bits of a checkpoint, in row-major order. */
  bfloat16Tensor(bits: Uint16Array, shape: number[]): Tensor;
  /** Whether a tensor holds bfloat16, which its dtype does not tell. */
  isBfloat16(x: Tensor): boolean;
  /**
   * Runs `work` on a device of a worker, by its name in `info.devices`: operations run there, and tensors made
   * meanwhile lie there. Tensors from elsewhere are copied over, once each. `work` must not be asynchronous.
   *
   * @throws WorkerLostError where the worker is gone
   */
  onDevice<T>(device: string, work: () => T): T;
  /** Product over the last two axes, float32 out; where one factor is bfloat16 the other is cast to it. */
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
  /**
   * Solves `A X = B` by Cholesky in float64, for a symmetric positive definite `A [n, n]` and `B [n, m]`, row-major.
   *
   * @returns `X [n, m]`; undefined where `A` is not positive definite
   */
  solveDefinite(a: Float64Array, b: Float64Array, n: number): Float64Array | undefined;
  /**
   * Runs any TensorFlow operation by name. Type attributes take names ('float', 'bfloat16') or numbers, and may
   * be left out where inputs imply them.
   *
   * @throws TensorFlowOpError
   */
  op(
    name: string,
    attrs: Readonly<Record<string, AttributeValue>>,
    inputs: readonly Tensor[],
    outputCount: number,
  ): Tensor[];
  /** Tensors alive in TensorFlow and the bytes of their elements. */
  memory(): { tensors: number; bytes: number };
  /** Frees every tensor and removes the backend. The library stays loaded. */
  dispose(): void;
}

const backendName = 'tensorflow';
/** Above every backend of tfjs itself. */
const backendPriority = 10;

let open: { tensorFlow: TensorFlow; options: OpenOptions } | undefined;

/**
 * Finds libtensorflow (fetching it on first use), starts it and makes it tfjs's current backend. A process has
 * one: opening again returns it, unless other options are asked for than it was opened with.
 *
 * @throws TensorFlowSetupError where it cannot be had; the message says what to do
 */
export async function openTensorFlow(options: OpenOptions = {}): Promise<TensorFlow> {
  if (open) return reopen(open.tensorFlow, open.options, options);
  const location = await acquireLibrary(options);
  await reachWorkers(options.workers ?? []);
  if (open) return openTensorFlow(options);
  const tensorFlow = start(location, options);
  open = { tensorFlow, options };
  await setBackend(backendName);
  return tensorFlow;
}

/** The one that is open, if one is. */
export function openedTensorFlow(): TensorFlow | undefined {
  return open?.tensorFlow;
}

async function reopen(tensorFlow: TensorFlow, before: OpenOptions, now: OpenOptions): Promise<TensorFlow> {
  const { threads, library, build } = tensorFlow.info;
  const same =
    (now.threads?.intra ?? threads.intra) === threads.intra &&
    (now.threads?.inter ?? threads.inter) === threads.inter &&
    (now.library ?? library) === library &&
    (now.build ?? build) === build &&
    String(now.workers ?? before.workers ?? []) === String(before.workers ?? []) &&
    (now.gpuMemoryBytes ?? before.gpuMemoryBytes) === before.gpuMemoryBytes;
  if (!same) {
    throw new TensorFlowSetupError(
      'already-open',
      'TensorFlow is open in this process with other options.',
      'Dispose of it first, or ask for the same ones.',
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
  registerBackend(backendName, () => backend, backendPriority);
  return {
    info: {
      version: c.TF_Version(),
      build: options.build ?? (context.gpu ? 'gpu' : 'cpu'),
      library: location.folder,
      devices: context.devices,
      threads,
      bfloat16: context.gpu || cpuFeatures().bfloat16 ? 'native' : 'emulated',
    },
    record: (name, fn, recordOptions) => recordFunction(context, backend, name, fn, recordOptions),
    toBfloat16: (x) => half.from(x),
    fromBfloat16: (x) => half.toFloat32(x),
    bfloat16Tensor: (bits, shape) => half.fromBits(bits, shape),
    isBfloat16: (x) => half.is(x),
    matMul: (a, b, transposeA, transposeB) => half.matMul(a, b, transposeA, transposeB),
    onDevice: (device, work) => binding.onDevice(device, work),
    solveDefinite: (a, b, n) => solveDefinite(binding, context.tensors, a, b, n),
    op: (name, attrs, inputs, outputCount) =>
      backend.executeOp(
        name,
        Object.entries(attrs).map(([attr, value]) => ({ name: attr, value })),
        inputs,
        outputCount,
      ),
    memory: () => ({ tensors: context.tensors.count, bytes: context.tensors.bytes }),
    dispose: () => {
      if (open?.options !== options) return;
      open = undefined;
      removeBackend(backendName);
      context.dispose();
    },
  };
}
