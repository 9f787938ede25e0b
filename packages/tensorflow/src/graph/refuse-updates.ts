import { engine, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { RecordingError } from '../errors.js';

/**
 * Calls `body`, and throws if it creates a tf.Variable or assigns to one, as optimizers do. Such a change would happen
 * once, while the function is recorded, and not when the recording runs.
 *
 * @throws RecordingError ('variable')
 */
export function refuseUpdates<T>(recording: string, body: () => T): T {
  const restore: (() => void)[] = [];
  const replace = (owner: object, member: string, value: (...args: never[]) => unknown) => {
    const before = Object.getOwnPropertyDescriptor(owner, member);
    Object.defineProperty(owner, member, { value, configurable: true, writable: true });
    restore.push(() => {
      if (before) Object.defineProperty(owner, member, before);
      else Reflect.deleteProperty(owner, member);
    });
  };
  const tfjs = engine();
  // Several copies of tfjs-core may be loaded, each with a Variable class of its own.
  const classes = new Set<object>(Object.values(tfjs.registeredVariables).map(Object.getPrototypeOf));
  for (const prototype of classes) {
    replace(prototype, 'assign', function assign(this: Variable) {
      throw RecordingError.variable(recording, this.name);
    });
  }
  replace(tfjs, 'makeVariable', (_value: Tensor, _trainable: boolean, variable?: string) => {
    throw RecordingError.variable(recording, variable ?? '');
  });
  try {
    return body();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}
