import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { TensorFlowSetupError } from '../errors.js';

/** The module that calls C libraries. */
export type ForeignFunctions = typeof koffi;

/**
 * Loads koffi. Its binary is an optional dependency that exists for fewer platforms than Node. It is loaded on demand, so
 * that programs without TensorFlow run on every platform.
 *
 * @throws TensorFlowSetupError ('load')
 */
export function foreignFunctions(load: NodeJS.Require = createRequire(import.meta.url)): ForeignFunctions {
  try {
    return load('koffi') as ForeignFunctions;
  } catch (error) {
    throw new TensorFlowSetupError(
      'load',
      `The native module koffi does not load: ${String(error).split('\n')[0]}.`,
      'Install optional dependencies. If koffi does not support this platform, use another tfjs backend, such as WASM.',
      { cause: error },
    );
  }
}
