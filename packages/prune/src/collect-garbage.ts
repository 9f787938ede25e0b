import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Collects JavaScript's garbage now. V8 counts what it has allocated itself, so large buffers that nothing holds can
 * wait long for their end: after a model is loaded, the file's bytes of its largest tensor.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
