import {
  type DataId,
  type DataType,
  engine,
  type Tensor,
  type TensorInfo,
  Variable,
} from '@tensorflow/tfjs-core';
import type { NamedAttribute } from '../c-api/attributes.js';
import { DT, tfjsDataType } from '../c-api/data-types.js';
import type { TensorValues } from '../eager/host-tensor.js';
import type { StoredTensor } from '../eager/tensor-store.js';
import { DisposedTensorError, RecordingError, UnsupportedTensorError } from '../errors.js';
import type { Binding } from './binding.js';
import { loadKernelBackend, type NodeKernelBackend, type TensorEntry } from './tfjs-node.js';

/** The kernel backend of tfjs-node, on our binding. */
export interface TensorFlowBackend extends NodeKernelBackend {
  /**
   * The id of a tensor in the store. Values that are still on the host are uploaded first.
   *
   * @throws DisposedTensorError
   */
  idOf(tensor: TensorInfo): number;
  /**
   * Checks that a tensor is alive, and tells the recording if it is a tf.Variable.
   *
   * @throws DisposedTensorError
   */
  noteUse(tensor: TensorInfo): void;
  executeOp(
    name: string,
    attrs: readonly NamedAttribute[],
    inputs: readonly TensorInfo[],
    outputCount: number,
  ): Tensor[];
}

/** Registers the kernels of tfjs-node and creates their backend on a binding. */
export function createBackend(binding: Binding): TensorFlowBackend {
  const NodeBackend = loadKernelBackend();

  class Backend extends NodeBackend implements TensorFlowBackend {
    // Entries written while a function is being recorded. Only these are its constants.
    readonly #constants = new WeakSet<TensorEntry>();

    idOf(tensor: TensorInfo): number {
      const entry = this.#entryOf(tensor);
      this.#upload(entry);
      if (binding.recording && tensor instanceof Variable) binding.recording.variables.set(entry.id, tensor);
      return entry.id;
    }

    noteUse(tensor: TensorInfo): void {
      if (binding.recording && tensor instanceof Variable) this.idOf(tensor);
      else this.#entryOf(tensor);
    }

    override getInputTensorIds(tensors: readonly TensorInfo[]): number[] {
      return tensors.map((tensor) =>
        // tfjs-node's int64 scalar, which only its summary writers use.
        'valueArray' in tensor
          ? binding.createTensor([], DT.int64, tensor.valueArray as Int32Array)
          : this.idOf(tensor),
      );
    }

    override createOutputTensor({ id, dtype, shape }: Pick<StoredTensor, 'id' | 'dtype' | 'shape'>): Tensor {
      const tfjsType = tfjsDataType(dtype);
      if (!tfjsType) throw new UnsupportedTensorError(`tfjs has no dtype for TensorFlow type ${dtype}.`);
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

    #entryOf(tensor: TensorInfo): TensorEntry {
      if ((tensor as Tensor).isDisposed) throw DisposedTensorError.tensor(tensor);
      // If the tensor belongs to another backend, `get` moves it to this one.
      const entry = this.tensorMap.get(tensor.dataId);
      if (!entry) throw DisposedTensorError.tensor(tensor);
      return entry;
    }

    #upload(entry: TensorEntry): void {
      if (entry.values === null) return;
      const { recording } = binding;
      // A tensor from before the recording is captured, not frozen into it.
      if (!this.#constants.has(entry)) binding.recording = undefined;
      try {
        entry.id = binding.createTensor(entry.shape, entry.dtype, entry.values);
      } finally {
        binding.recording = recording;
      }
      entry.values = null;
    }
  }

  // The name appears in tfjs-node's messages.
  return new Backend(binding, '@tensorflow/tfjs-node-gpu');
}
