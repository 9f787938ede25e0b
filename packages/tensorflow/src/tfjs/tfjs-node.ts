import { createRequire } from 'node:module';
import util from 'node:util';
import type { DataId, KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorValues } from '../eager/host-tensor.js';
import type { StoredTensor } from '../eager/tensor-store.js';
import type { Binding } from './binding.js';

/** What tfjs-node stores for each tensor. */
export interface TensorEntry {
  shape: number[];
  dtype: number;
  id: number;
  /** Host values that are not in TensorFlow yet, or null. */
  values: TensorValues | null;
  refCount: number;
}

/** tfjs-node's kernel backend, with members that its own types declare private. */
export interface NodeKernelBackend extends KernelBackend {
  readonly binding: Binding;
  readonly tensorMap: {
    has(dataId: DataId): boolean;
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
 * Registers the kernels of tfjs-node and returns its backend class. Its native add-on is not loaded.
 *
 * The kernels call `util.isNullOrUndefined` and `util.isArray`. Node 22 warns about these, and Node 23 removed them.
 */
export function loadKernelBackend(): NodeKernelBackendClass {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
  return require('./tfjs-node-kernels.cjs').NodeJSKernelBackend;
}
