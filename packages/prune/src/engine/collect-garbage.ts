import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Runs the JavaScript garbage collector now. V8 does not count memory outside its heap, so large buffers that nothing
 * refers to can stay allocated for long, for example the bytes of the largest tensor after a model is loaded.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
