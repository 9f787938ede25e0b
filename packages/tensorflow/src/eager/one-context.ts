import { TensorFlowSetupError } from '../errors.js';

/** Shared by every copy of this package that the thread has loaded: each thread has its own `globalThis`. */
const mark = Symbol.for('@grasp/tensorflow/context');
const processWide = globalThis as { [mark]?: true };

/**
 * Claims the one eager context that a process, or a worker thread, may have.
 *
 * @returns releases the claim; further calls do nothing
 * @throws TensorFlowSetupError ('already-open') if there is one already
 */
export function claimContext(): () => void {
  if (processWide[mark]) {
    throw new TensorFlowSetupError(
      'already-open',
      'TensorFlow is already open in this process, in this or another copy of @grasp/tensorflow.',
      'Dispose of it first, or use another process.',
    );
  }
  processWide[mark] = true;
  let claimed = true;
  return () => {
    if (claimed) delete processWide[mark];
    claimed = false;
  };
}
