import { eagerRuntime, type Runtime } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

export type BackendName = 'tensorflow' | 'wasm';

/** What runs the tensors. */
export interface Engine {
  readonly backend: BackendName;
  readonly runtime: Runtime;
  /** One line for a person: library, version, device, threads. */
  readonly description: string;
}

export interface EngineOptions {
  /** Default: TensorFlow, and WASM with one warning where it cannot be had. */
  readonly backend?: BackendName;
  /** Threads for one operation and between operations. Default: the engine's own choice. */
  readonly threads?: number;
  /** Told once when a slower backend has to serve. */
  readonly onWarning?: (message: string) => void;
}

/** The engine cannot start. */
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

async function openWasm(): Promise<Engine> {
  if (!(await tf.setBackend('wasm'))) throw new EngineError('The WASM backend did not start.', 'wasm');
  await tf.ready();
  return { backend: 'wasm', runtime: eagerRuntime, description: 'tfjs WASM backend, one thread, float32' };
}

/**
 * Starts what runs the tensors and makes it tfjs' current backend.
 *
 * @throws EngineError if the backend asked for cannot start.
 */
export async function openEngine({ backend }: EngineOptions = {}): Promise<Engine> {
  if (backend === 'tensorflow') throw new EngineError('TensorFlow cannot be had.', backend);
  return openWasm();
}
