import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';

/** Backends by preference: a network this small gains nothing from a GPU's width. */
const BACKENDS = ['wasm', 'webgl', 'webgpu', 'cpu'];

/** Starts the backend asked for, or the first that starts; returns its name. */
export async function startBackend(wanted: string | null): Promise<string> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': simd, // asked for by name; threads need a server's headers
  });
  const names = wanted === null ? BACKENDS : [wanted];
  let cause: unknown;
  for (const name of names) {
    try {
      if (await tf.setBackend(name)) return name;
    } catch (error) {
      cause = error; // not on this machine: the next one
    }
  }
  throw new Error(`No tfjs backend starts in this browser. Tried: ${names.join(', ')}.`, { cause });
}
