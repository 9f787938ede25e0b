import { scalar, type Tensor } from '@tensorflow/tfjs-core';
import { DisposedTensorError } from '../errors.js';

/**
 * Makes tfjs throw DisposedTensorError, in place of a plain Error, if a disposed tensor is read, cloned or printed. Needs
 * a backend.
 */
export function throwTypedIfDisposed(): void {
  // The class of the engine's tensors. Another copy of tfjs-core has another class.
  const tensor = scalar(0);
  const prototype: Tensor = Object.getPrototypeOf(tensor);
  tensor.dispose();
  prototype.throwIfDisposed = function throwIfDisposed(this: Tensor) {
    if (this.isDisposed) throw DisposedTensorError.tensor(this);
  };
}
