import {
  backend_util,
  type GatherV2Attrs,
  type GatherV2Inputs,
  type KernelConfig,
  registerKernel,
  scalar,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { TensorFlowBackend } from './backend.js';

/**
 * tf.gather without tfjs-node's check of every index in JavaScript, which reads the indices back on each
 * call: TensorFlow's own kernel checks them (on a CPU; a GPU yields zeros for an index out of range).
 */
const gather: KernelConfig = {
  kernelName: 'GatherV2',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, indices } = inputs as Required<GatherV2Inputs>;
    const { axis, batchDims } = attrs as unknown as GatherV2Attrs;
    backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, axis, batchDims);
    const axisTensor = scalar(axis, 'int32');
    const [result] = (backend as TensorFlowBackend).executeOp(
      'GatherV2',
      [{ name: 'batch_dims', value: batchDims }],
      [x!, indices!, axisTensor],
      1,
    );
    axisTensor.dispose();
    return result!;
  },
};

/** Replaces the tfjs-node kernels that read data back. */
export function registerOwnKernels(): void {
  for (const kernel of [gather]) {
    unregisterKernel(kernel.kernelName, kernel.backendName);
    registerKernel(kernel);
  }
}
