import { createRequire } from 'node:module';
import util from 'node:util';
import type { DataId, KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Binding } from './binding.js';
import type { StoredTensor, TensorValues } from '../eager/tensor-store.js';

/** What tfjs-node keeps for each tensor. `values` are host data not yet handed to TensorFlow. */
export interface TensorEntry {
  shape: number[];
  dtype: number;
  id: number;
  values: TensorValues | null;
  refCount: number;
}

/** tfjs-node's kernel backend, with the members that its own types call private. */
export interface NodeKernelBackend extends KernelBackend {
  readonly binding: Binding;
  readonly tensorMap: {
    get(dataId: DataId): TensorEntry | undefined;
    set(dataId: DataId, entry: TensorEntry): void;
  };
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(stored: Pick<StoredTensor, 'id' | 'dtype' | 'shape'>): Tensor;
  executeSingleOutput(name: string, attrs: object[], inputs: TensorInfo[]): Tensor;
}

type NodeKernelBackendClass = new (binding: Binding, packageName: string) => NodeKernelBackend;

const require = createRequire(import.meta.url);

/**
 * Loads tfjs-node's kernel backend and registers its kernels, without its native add-on.
 * It calls `util.isNullOrUndefined` and `util.isArray`, which Node 22 warns about and Node 23 removed.
 */
export function loadKernelBackend(): NodeKernelBackendClass {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
  require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
  return require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js').NodeJSKernelBackend;
}
