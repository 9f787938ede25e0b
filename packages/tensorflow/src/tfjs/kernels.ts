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
 * tf.gather. The kernel of tfjs-node reads all indices back to check them. On a CPU, TensorFlow checks them itself. A GPU
 * returns zeros for an index out of range.
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

/** tf.identity, which shares the data of its input. The kernel of tfjs-node also accepts a disposed input. */
const identity: KernelConfig = {
  kernelName: 'Identity',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) => {
    const x = inputs.x!;
    (backend as TensorFlowBackend).noteUse(x);
    (backend as TensorFlowBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
};

/** Replaces kernels of tfjs-node. */
export function registerOwnKernels(): void {
  for (const kernel of [gather, identity]) {
    unregisterKernel(kernel.kernelName, kernel.backendName);
    registerKernel(kernel);
  }
}
