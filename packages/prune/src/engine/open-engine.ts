import { eagerRuntime, type Runtime } from '@grasp/decoder';
import {
  type Device,
  type KernelTime,
  type OnProgress,
  openTensorFlow,
  type TensorFlow,
  TensorFlowSetupError,
} from '@grasp/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { GPU_PIECE_ENTRIES } from '../forecast/peak-memory.js';
import { counted } from '../settings/quantity.js';
import { placeLayers } from './place-layers.js';

export type BackendName = 'tensorflow' | 'wasm';

/** The backend that computes, opened. */
export interface Engine {
  readonly backend: BackendName;
  readonly runtime: Runtime;
  /** Where the layers are, if not in this process's memory: on workers, or on a GPU with so many usable bytes. */
  readonly elsewhere?: 'workers' | { readonly gpuBytes: number };
  /** One line for people: library, version, device, threads. */
  readonly description: string;
  /** Number of functions that XLA has compiled so far, if it compiles them. */
  readonly compilations?: () => number;
  /** Times every kernel that runs in this process while `work` runs, longest first. TensorFlow on Linux only. */
  readonly profile?: (work: () => Promise<void>) => Promise<readonly KernelTime[]>;
}

export interface EngineOptions {
  /** Default: TensorFlow; if it cannot start, WASM, after one warning. */
  readonly backend?: BackendName | undefined;
  /** Threads per operation. Default: the number of cores. WASM has one. */
  readonly threads?: number | undefined;
  /** Processes that hold and run the model's layers, each as `host:port`. TensorFlow only. */
  readonly workers?: readonly string[] | undefined;
  /** Maximum GPU memory, in bytes. Default: all that is free. TensorFlow only. */
  readonly gpuMemory?: number | undefined;
  /**
   * Compile the functions of the model with XLA, from their first call on. Default: whether the environment variable
   * GRASP_XLA is 1. TensorFlow only.
   */
  readonly xla?: boolean | undefined;
  /** Called while TensorFlow is downloaded, on first use. */
  readonly onProgress?: OnProgress | undefined;
  /** Cancels the download. */
  readonly signal?: AbortSignal | undefined;
  /** Called once if the slower backend is used instead. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The requested backend cannot start. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code = 'GRASP_ENGINE';
  constructor(
    message: string,
    readonly backend: BackendName,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The devices that hold layers: the GPUs of each worker, or its CPU if it has no GPU. */
function layerDevices(devices: readonly Device[]): string[] {
  const withGpu = new Set(devices.flatMap(({ type, worker }) => (type === 'GPU' ? [worker] : [])));
  return devices
    .filter(({ type, worker }) => worker !== undefined && type === (withGpu.has(worker) ? 'GPU' : 'CPU'))
    .map(({ name }) => name);
}

/** Distributes layers over the devices of the workers, by the size of their weights. */
function placementOn({ info, onDevice }: TensorFlow): Pick<Runtime, 'placement'> {
  const devices = layerDevices(info.devices);
  if (devices.length === 0) return {};
  return {
    placement: (bytes) =>
      placeLayers(bytes, devices.length).map((device) => (work) => onDevice(devices[device]!, work)),
  };
}

function tensorFlowRuntime(tensorFlow: TensorFlow, gpu: Device | undefined, xla: boolean): Runtime {
  return {
    ...(gpu ? { pieceEntries: GPU_PIECE_ENTRIES } : {}),
    ...placementOn(tensorFlow),
    // A shape that occurs only once is not worth recording. XLA's results have other last bits than those of single
    // operations, so with it every call runs a compiled function: a resumed run repeats an undisturbed one.
    record: (name, fn, options) =>
      tensorFlow.record(name, fn, { ...(xla ? { xla } : { after: 1 }), ...options }),
    recordsModels: !xla, // it would compile a whole model for seconds
    matMul: (a, b, transposeA = false, transposeB = false) => tensorFlow.matMul(a, b, transposeA, transposeB),
    solveDefinite: tensorFlow.solveDefinite,
    bfloat16: {
      fromBits: tensorFlow.bfloat16Tensor,
      fromFloat32: tensorFlow.toBfloat16,
      toFloat32: tensorFlow.fromBfloat16,
      is: tensorFlow.isBfloat16,
    },
  };
}

/** Where the layers are: on the workers if there are any, else on the process's own GPU. */
function elsewhere(gpu: Device | undefined, workers: readonly string[]): Pick<Engine, 'elsewhere'> {
  if (workers.length > 0) return { elsewhere: 'workers' };
  return gpu ? { elsewhere: { gpuBytes: gpu.memoryBytes } } : {};
}

async function openNative(options: EngineOptions): Promise<Engine> {
  const {
    threads,
    workers = [],
    gpuMemory,
    xla = process.env.GRASP_XLA === '1',
    onProgress,
    signal,
  } = options;
  const tensorFlow = await openTensorFlow({
    ...(threads === undefined ? {} : { threads: { intra: threads } }),
    ...(workers.length > 0 ? { workers } : {}),
    ...(gpuMemory === undefined ? {} : { gpuMemoryBytes: gpuMemory }),
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
  });
  const { version, build, devices, threads: used, bfloat16 } = tensorFlow.info;
  const gpu = devices.find(({ type, worker }) => type === 'GPU' && worker === undefined);
  if (gpuMemory !== undefined && !gpu && workers.length === 0)
    throw new EngineError(
      'TensorFlow found no GPU whose memory --gpu-memory could limit. Leave it out, or see `grasp doctor`.',
      'tensorflow',
    );
  const where = gpu ? 'a GPU' : counted(used.intra, 'thread');
  return {
    backend: 'tensorflow',
    runtime: tensorFlowRuntime(tensorFlow, gpu, xla),
    ...elsewhere(gpu, workers),
    profile: tensorFlow.profile,
    ...(xla ? { compilations: tensorFlow.compilations } : {}),
    description:
      `TensorFlow ${version} (${build} build, ${where}, ${bfloat16} bfloat16${xla ? ', XLA' : ''})` +
      (workers.length > 0 ? `, layers on ${counted(workers.length, 'worker')}` : ''),
  };
}

async function openWasm(): Promise<Engine> {
  if (!(await tf.setBackend('wasm'))) throw new EngineError('The WASM backend did not start.', 'wasm');
  return {
    backend: 'wasm',
    runtime: eagerRuntime,
    description: 'tfjs WASM backend (one thread, float32 only)',
  };
}

/**
 * Checks options before any work. {@link openEngine} does so too.
 *
 * @throws EngineError if WASM is requested with an option that it does not have.
 */
export function checkEngineOptions({ backend, threads = 1, workers = [], gpuMemory }: EngineOptions): void {
  if (backend !== 'wasm') return;
  const refuse = (problem: string, flag: string): never => {
    throw new EngineError(`The WASM backend ${problem}. Leave out --backend wasm or ${flag}.`, backend);
  };
  if (workers.length > 0) refuse('does not support workers', '--workers');
  if (threads > 1) refuse(`computes on one thread, not on ${threads}`, '--threads');
  if (gpuMemory !== undefined) refuse('does not use a GPU', '--gpu-memory');
}

/** The options that a run has lost when WASM takes the place of TensorFlow. */
const lostWithWasm = ({ threads = 1, gpuMemory }: EngineOptions): string[] => [
  ...(threads > 1 ? [`--threads ${threads}`] : []),
  ...(gpuMemory === undefined ? [] : ['--gpu-memory']),
];

/**
 * Checks, before any work, that an engine computes in a dtype.
 *
 * @param flag by which the user chooses it
 * @throws EngineError if it does not
 */
export function assertDtype(
  { backend, runtime }: Pick<Engine, 'backend' | 'runtime'>,
  dtype: 'float32' | 'bfloat16',
  flag = '--dtype',
): void {
  if (dtype === 'float32' || runtime.bfloat16) return;
  throw new EngineError(`The WASM backend has no ${dtype}. Use ${flag} float32.`, backend);
}

/**
 * Starts a backend and makes it the current backend of tfjs.
 *
 * @throws EngineError if the requested backend cannot start, or does not have what the options ask for.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { onWarning, signal, workers = [] } = options;
  checkEngineOptions(options);
  const backend = workers.length > 0 ? (options.backend ?? 'tensorflow') : options.backend;
  if (backend === 'wasm') return openWasm();
  try {
    return await openNative(options);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EngineError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (backend === 'tensorflow') {
      const ofWorker = error instanceof TensorFlowSetupError && error.problem === 'worker';
      throw new EngineError(ofWorker ? why : `TensorFlow cannot start: ${why}`, backend, { cause: error });
    }
    const lost = lostWithWasm(options).join(' and ');
    const without = lost && ` It has no ${lost}.`;
    onWarning?.(`TensorFlow cannot start, so the slower WASM backend is used.${without} ${why}`);
    return openWasm();
  }
}
