import type { CApi, Pointer } from '../c-api/c-api.js';
import { DT, elementBytes, elementCount } from '../c-api/data-types.js';
import { DisposedTensorError } from '../errors.js';
import { allocateHostTensor, copyOut, readHostTensor, type TensorValues } from './host-tensor.js';

/** A tensor that TensorFlow holds. */
export interface StoredTensor {
  readonly id: number;
  /** TFE_TensorHandle */
  readonly pointer: Pointer;
  /** TF_DataType */
  readonly dtype: number;
  readonly shape: number[];
  readonly bytes: number;
  /** The worker's device that holds the tensor. Absent: this process. */
  readonly device: string | undefined;
}

/** Devices of this process, used when no worker's device is given. */
export interface OwnDevices {
  readonly cpu: string;
  /** Device for float tensors. Absent: they stay in host memory. */
  readonly gpu?: string | undefined;
}

/** What the store needs of its context. */
export interface StoreContext {
  readonly c: CApi;
  readonly pointer: Pointer;
  readonly status: Pointer;
  check(operation: string, device?: string): void;
}

/** Owns every tensor handle of one context. Each tensor has an id, which is never used again. */
export class TensorStore {
  readonly #tensors = new Map<number, StoredTensor>();
  /** By tensor: its copies on other devices, by device name. The name of this process is ''. */
  readonly #copies = new Map<number, Map<string, Pointer>>();
  #nextId = 0;
  #bytes = 0;

  constructor(
    private readonly context: StoreContext,
    private readonly own: OwnDevices,
  ) {}

  /** Number of tensors alive. */
  get count(): number {
    return this.#tensors.size;
  }

  /** Bytes of the elements of all tensors alive. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: number): boolean {
    return this.#tensors.has(id);
  }

  /** @throws DisposedTensorError */
  get(id: number): StoredTensor {
    const tensor = this.#tensors.get(id);
    if (!tensor) throw DisposedTensorError.id(id);
    return tensor;
  }

  /**
   * Copies values into a new tensor.
   *
   * @param device a worker's device. Absent: this process
   * @throws UnsupportedTensorError, WorkerLostError
   */
  create(shape: readonly number[], dtype: number, values: TensorValues, device?: string): StoredTensor {
    const { c, status } = this.context;
    const host = allocateHostTensor(c, shape, dtype, values);
    let pointer: Pointer;
    try {
      pointer = c.TFE_NewTensorHandle(host, status);
      this.context.check('TFE_NewTensorHandle');
    } finally {
      c.TF_DeleteTensor(host);
    }
    const target = this.#target(dtype, device);
    if (target === this.own.cpu) return this.#add(pointer, dtype, [...shape], device);
    try {
      return this.#add(this.#copy(pointer, target), dtype, [...shape], device);
    } finally {
      c.TFE_DeleteTensorHandle(pointer);
    }
  }

  /**
   * The handle of a tensor on a device. If the tensor is elsewhere, it is copied once, and the copy is kept. A copy
   * from one worker to another passes through this process, because workers may not reach one another.
   *
   * @param device a worker's device. Absent: this process
   * @throws DisposedTensorError, WorkerLostError
   */
  handle(id: number, device?: string): Pointer {
    const tensor = this.get(id);
    if (tensor.device === device) return tensor.pointer;
    const copies = this.#copies.get(id) ?? new Map<string, Pointer>();
    this.#copies.set(id, copies);
    let copy = copies.get(device ?? '');
    if (copy === undefined) {
      const fromWorker = tensor.device !== undefined;
      const source = fromWorker && device !== undefined ? this.handle(id) : tensor.pointer;
      const from = fromWorker && device === undefined ? tensor.device : device;
      copy = this.#copy(source, this.#target(tensor.dtype, device), from);
      copies.set(device ?? '', copy);
    }
    return copy;
  }

  /**
   * Takes ownership of a handle that an operation returned.
   *
   * @param device the worker's device that the operation ran on. Absent: this process
   */
  adopt(pointer: Pointer, device?: string): StoredTensor {
    const { c, status } = this.context;
    const shape = new Array<number>(c.TFE_TensorHandleNumDims(pointer, status));
    for (let i = 0; i < shape.length; i++) shape[i] = c.TFE_TensorHandleDim(pointer, i, status);
    return this.#add(pointer, c.TFE_TensorHandleDataType(pointer), shape, device);
  }

  /** Frees a tensor and its copies. Does nothing if it is already free. */
  delete(id: number): void {
    const tensor = this.#tensors.get(id);
    if (!tensor) return;
    const { c } = this.context;
    this.#tensors.delete(id);
    this.#bytes -= tensor.bytes;
    c.TFE_DeleteTensorHandle(tensor.pointer);
    for (const copy of this.#copies.get(id)?.values() ?? []) c.TFE_DeleteTensorHandle(copy);
    this.#copies.delete(id);
  }

  /**
   * Copies a tensor's values to the host. bfloat16 and float64 become float32, and int64 becomes int32.
   *
   * @throws DisposedTensorError, UnsupportedTensorError, WorkerLostError
   */
  read(id: number): ReturnType<typeof readHostTensor> {
    const { dtype, shape } = this.get(id);
    return this.#onHost(id, (tensor) => readHostTensor(this.context.c, tensor, dtype, elementCount(shape)));
  }

  /** Copies the values of a float64 tensor to the host, without rounding. */
  readDoubles(id: number): Float64Array {
    const count = elementCount(this.get(id).shape);
    return this.#onHost(id, (tensor) => copyOut(this.context.c, tensor, new Float64Array(count)));
  }

  /** Frees every tensor. */
  dispose(): void {
    for (const id of [...this.#tensors.keys()]) this.delete(id);
  }

  #onHost<T>(id: number, use: (tensor: Pointer) => T): T {
    const { pointer, device } = this.get(id);
    const { c, status } = this.context;
    const tensor = c.TFE_TensorHandleResolve(pointer, status);
    this.context.check('TFE_TensorHandleResolve', device);
    try {
      return use(tensor);
    } finally {
      c.TF_DeleteTensor(tensor);
    }
  }

  #add(pointer: Pointer, dtype: number, shape: number[], device: string | undefined): StoredTensor {
    const tensor = {
      id: this.#nextId++,
      pointer,
      dtype,
      shape,
      bytes: elementCount(shape) * elementBytes(dtype),
      device,
    };
    this.#tensors.set(tensor.id, tensor);
    this.#bytes += tensor.bytes;
    return tensor;
  }

  // TensorFlow's GPU kernels take int32, int64 and strings from host memory.
  #target(dtype: number, device: string | undefined): string {
    const { cpu, gpu } = this.own;
    const onHost = dtype === DT.int32 || dtype === DT.int64 || dtype === DT.string;
    if (device === undefined) return onHost ? cpu : (gpu ?? cpu);
    return onHost ? device.replace(/[^/]*$/, 'device:CPU:0') : device;
  }

  #copy(pointer: Pointer, target: string, worker?: string): Pointer {
    const { c, status } = this.context;
    const copy = c.TFE_TensorHandleCopyToDevice(pointer, this.context.pointer, target, status);
    this.context.check('TFE_TensorHandleCopyToDevice', worker ?? target);
    return copy;
  }
}
