import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { TensorFlowSetupError } from '../errors.js';

/** Calls into C libraries. */
export type ForeignFunctions = typeof koffi;

/**
 * koffi, loaded when it is needed and not before: its binary, an optional dependency, exists for fewer platforms than
 * Node does, and what does without TensorFlow should run there too.
 *
 * @throws TensorFlowSetupError ('load')
 */
export function foreignFunctions(load: NodeJS.Require = createRequire(import.meta.url)): ForeignFunctions {
  try {
    return load('koffi') as ForeignFunctions;
  } catch (error) {
    throw new TensorFlowSetupError(
      'load',
      `koffi, which calls the library, does not load here: ${String(error).split('\n')[0]}.`,
      'Install without leaving out optional dependencies; where there is none for this platform, use another tfjs backend (WASM).',
      { cause: error },
    );
  }
}
