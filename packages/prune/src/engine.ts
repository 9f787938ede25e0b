import { eagerRuntime, type Runtime } from '@grasp/decoder';
import { type OnProgress, openTensorFlow, type TensorFlow } from '@grasp/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

export type BackendName = 'tensorflow' | 'wasm';

/** What runs the tensors: the one place that knows which backend it is. */
export interface Engine {
  readonly backend: BackendName;
  readonly runtime: Runtime;
  /** Tensors lie in the memory of a GPU, not in the machine's. */
  readonly onGpu: boolean;
  /** One line for a person: library, version, device, threads. */
  readonly description: string;
}

export interface EngineOptions {
  /** Default: TensorFlow, and WASM with one warning where it cannot be had. */
  readonly backend?: BackendName | undefined;
  /** Threads of one operation. Default: as many as there are cores. */
  readonly threads?: number | undefined;
  /** Told while TensorFlow is fetched, on first use. */
  readonly onProgress?: OnProgress | undefined;
  /** Stops fetching. */
  readonly signal?: AbortSignal | undefined;
  /** Told once when the slower backend has to serve. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The backend asked for cannot start. */
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

function tensorFlowRuntime(tensorFlow: TensorFlow): Runtime {
  return {
    // Shapes that come once, as texts of any length do, are not worth a recording.
    record: (name, fn) => tensorFlow.record(name, fn, { after: 1 }),
    matMul: (a, b, transposeA = false, transposeB = false) => tensorFlow.matMul(a, b, transposeA, transposeB),
    bfloat16: {
      fromBits: tensorFlow.bfloat16Tensor,
      fromFloat32: tensorFlow.toBfloat16,
      toFloat32: tensorFlow.fromBfloat16,
    },
  };
}

async function openNative({ threads, onProgress, signal }: EngineOptions): Promise<Engine> {
  const tensorFlow = await openTensorFlow({
    ...(threads === undefined ? {} : { threads: { intra: threads } }),
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
  });
  const { version, build, devices, threads: used, bfloat16 } = tensorFlow.info;
  const gpus = devices.filter(({ type }) => type === 'GPU').length;
  const where = gpus > 0 ? `${gpus} GPU` : `${used.intra} ${used.intra === 1 ? 'thread' : 'threads'}`;
  return {
    backend: 'tensorflow',
    runtime: tensorFlowRuntime(tensorFlow),
    onGpu: gpus > 0,
    description: `TensorFlow ${version} (${build} build, ${where}, ${bfloat16} bfloat16)`,
  };
}

async function openWasm(): Promise<Engine> {
  if (!(await tf.setBackend('wasm'))) throw new EngineError('The WASM backend did not start.', 'wasm');
  return {
    backend: 'wasm',
    runtime: eagerRuntime,
    onGpu: false,
    description: 'tfjs WASM backend (one thread, float32 only)',
  };
}

/**
 * Starts what runs the tensors and makes it tfjs' current backend.
 *
 * @throws EngineError if the backend asked for cannot start.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { backend, onWarning, signal } = options;
  if (backend === 'wasm') return openWasm();
  try {
    return await openNative(options);
  } catch (error) {
    signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    if (backend === 'tensorflow') {
      throw new EngineError(`TensorFlow cannot start: ${why}`, backend, { cause: error });
    }
    onWarning?.(`TensorFlow cannot start, so the slower WASM backend serves. ${why}`);
    return openWasm();
  }
}
