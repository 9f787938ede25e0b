import type { Tensor } from '@tensorflow/tfjs-core';
import type { TensorFlowBackend } from './backend.js';
import { DT } from './data-types.js';

export function isBfloat16(backend: TensorFlowBackend, x: Tensor): boolean {
  return backend.tensorMap.get(x.dataId)?.dtype === DT.bfloat16;
}

/** Casts between float32 and bfloat16, as a tfjs tensor that reads 'float32' either way. */
export function cast(backend: TensorFlowBackend, x: Tensor, dtype: number): Tensor {
  const attrs = [{ name: 'DstT', value: dtype }];
  return backend.executeOp('Cast', attrs, [x], 1)[0]!;
}
