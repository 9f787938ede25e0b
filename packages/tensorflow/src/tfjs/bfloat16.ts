import { customGrad, engine, type Tensor } from '@tensorflow/tfjs-core';
import { DT } from '../c-api/data-types.js';
import { DisposedTensorError } from '../errors.js';
import type { TensorFlowBackend } from './backend.js';

/**
 * bfloat16 tensors for tfjs, which has no such type. TensorFlow holds bfloat16, and the tfjs dtype is 'float32'.
 * `matMul` accepts them, and operations that only move elements keep them. All other operations refuse them.
 */
export class Bfloat16 {
  constructor(private readonly backend: TensorFlowBackend) {}

  /** @throws DisposedTensorError */
  is(x: Tensor): boolean {
    if (x.isDisposed) throw DisposedTensorError.tensor(x);
    const { tensorMap } = this.backend;
    // `get` would move the tensor of another backend to this one.
    return tensorMap.has(x.dataId) && tensorMap.get(x.dataId)?.dtype === DT.bfloat16;
  }

  /** A bfloat16 copy, rounded to nearest even. A clone if `x` is bfloat16. */
  from(x: Tensor): Tensor {
    return this.is(x) ? x.clone() : this.#cast(x, DT.bfloat16);
  }

  /** An exact float32 copy. A clone if `x` is not bfloat16. */
  toFloat32(x: Tensor): Tensor {
    return this.is(x) ? this.#cast(x, DT.float) : x.clone();
  }

  /** @param bits upper halves of float32 values, in row-major order */
  fromBits(bits: Uint16Array, shape: number[]): Tensor {
    const id = this.backend.binding.createTensor(shape, DT.bfloat16, bits);
    return this.backend.createOutputTensor({ id, dtype: DT.bfloat16, shape: [...shape] });
  }

  // Both casts have the gradient 1.
  #cast(x: Tensor, to: number): Tensor {
    const cast = () => this.backend.executeOp('Cast', [{ name: 'DstT', value: to }], [x], 1)[0]!;
    if (!engine().isTapeOn()) return cast();
    return customGrad(() => ({ value: cast(), gradFunc: (dy: Tensor) => this.toFloat32(dy) }))(x);
  }
}
