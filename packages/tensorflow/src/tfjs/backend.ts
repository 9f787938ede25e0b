import { type DataId, type DataType, engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NamedAttribute } from '../c-api/attributes.js';
import type { Binding } from './binding.js';
import { DT, tfjsDataType } from '../c-api/data-types.js';
import { RecordingError, UnsupportedTensorError } from '../errors.js';
import type { StoredTensor, TensorValues } from '../eager/tensor-store.js';
import { loadKernelBackend, type NodeKernelBackend, type TensorEntry } from './tfjs-node.js';

/** tfjs-node's backend on our binding. */
export interface TensorFlowBackend extends NodeKernelBackend {
  /** The store's id of a tensor; host values still waiting are uploaded first. */
  idOf(tensor: TensorInfo): number;
  executeOp(
    name: string,
    attrs: readonly NamedAttribute[],
    inputs: readonly TensorInfo[],
    outputCount: number,
  ): Tensor[];
}

/** Registers tfjs-node's kernels and builds their backend on this binding. */
export function createBackend(binding: Binding): TensorFlowBackend {
  const NodeBackend = loadKernelBackend();

  class Backend extends NodeBackend implements TensorFlowBackend {
    // Entries written while a function is being recorded: only these are its constants.
    readonly #constants = new WeakSet<TensorEntry>();

    idOf(tensor: TensorInfo): number {
      const entry = this.tensorMap.get(tensor.dataId);
      if (!entry)
        throw new UnsupportedTensorError('the tensor has been disposed of, or belongs to another backend');
      if (entry.values !== null) {
        const { recording } = binding;
        // A tensor from before the recording is captured, not frozen into it.
        if (!this.#constants.has(entry)) binding.recording = undefined;
        entry.id = binding.createTensor(entry.shape, entry.dtype, entry.values);
        binding.recording = recording;
        entry.values = null;
      }
      return entry.id;
    }

    override getInputTensorIds(tensors: readonly TensorInfo[]): number[] {
      return tensors.map((tensor) =>
        // tfjs-node's stand-in for an int64 scalar, used by its summary writers alone.
        'valueArray' in tensor
          ? binding.createTensor([], DT.int64, tensor.valueArray as Int32Array)
          : this.idOf(tensor),
      );
    }

    override createOutputTensor({ id, dtype, shape }: Pick<StoredTensor, 'id' | 'dtype' | 'shape'>): Tensor {
      const tfjsType = tfjsDataType(dtype);
      if (!tfjsType) throw new UnsupportedTensorError(`tfjs has no tensor for TensorFlow type ${dtype}`);
      const dataId = {};
      this.tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
      return engine().makeTensorFromTensorInfo({ dataId, shape, dtype: tfjsType });
    }

    override move(
      dataId: DataId,
      values: TensorValues,
      shape: number[],
      dtype: DataType,
      refCount: number,
    ): void {
      super.move(dataId, values as Float32Array, shape, dtype, refCount);
      if (binding.recording) this.#constants.add(this.tensorMap.get(dataId)!);
    }

    override readSync(dataId: object): Float32Array | Int32Array | Uint8Array | Uint8Array[] {
      const entry = this.tensorMap.get(dataId);
      if (binding.recording && entry && entry.values !== null && !this.#constants.has(entry)) {
        throw RecordingError.read(binding.recording.name);
      }
      return super.readSync(dataId) as Float32Array;
    }

    executeOp(
      name: string,
      attrs: readonly NamedAttribute[],
      inputs: readonly TensorInfo[],
      outputCount: number,
    ): Tensor[] {
      const outputs = binding.executeOp(name, attrs, this.getInputTensorIds(inputs), outputCount);
      return outputs.map((stored) => this.createOutputTensor(stored));
    }
  }

  // tfjs-node's messages to users depend on this name.
  return new Backend(binding, '@tensorflow/tfjs-node-gpu');
}
