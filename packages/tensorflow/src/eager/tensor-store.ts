import type { CApi, Pointer } from '../c-api/c-api.js';
import { DT, elementBytes, elementCount } from '../c-api/data-types.js';
import { UnsupportedTensorError } from '../errors.js';

/** A tensor in TensorFlow's hands. */
export interface StoredTensor {
  readonly id: number;
  readonly pointer: Pointer;
  readonly dtype: number;
  readonly shape: number[];
  readonly bytes: number;
  /** The worker's device it lies on; absent: this process's. */
  readonly device: string | undefined;
}

export type TensorValues = NodeJS.TypedArray | readonly Uint8Array[] | readonly number[] | readonly boolean[];

const stringBytes = 24; // sizeof(TF_TString)

/** Own devices of the process: what goes where no worker's device is named. */
export interface OwnDevices {
  readonly cpu: string;
  /** Where float data goes; absent: all stays in host memory. */
  readonly gpu?: string | undefined;
}

/** Owns every tensor handle of one context, under ids that are never used twice. */
export class TensorStore {
  readonly #tensors = new Map<number, StoredTensor>();
  /** Of tensors that were used elsewhere than they lie: their copies by device, '' being this process. */
  readonly #copies = new Map<number, Map<string, Pointer>>();
  #nextId = 0;
  #bytes = 0;

  /** @param check throws what `status` holds, if the last call failed */
  constructor(
    private readonly c: CApi,
    private readonly context: Pointer,
    private readonly status: Pointer,
    private readonly check: (operation: string, device?: string) => void,
    private readonly own: OwnDevices,
  ) {}

  get count(): number {
    return this.#tensors.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(id: number): boolean {
    return this.#tensors.has(id);
  }

  get(id: number): StoredTensor {
    const tensor = this.#tensors.get(id);
    if (!tensor) throw new UnsupportedTensorError(`tensor ${id} has been disposed of`);
    return tensor;
  }

  /**
   * Copies values into a new tensor: one copy, straight into TensorFlow's memory, and from there to a device.
   *
   * @param device a worker's; absent: this process's
   */
  create(shape: readonly number[], dtype: number, values: TensorValues, device?: string): StoredTensor {
    const host = this.allocate(shape, dtype, values);
    let pointer: Pointer;
    try {
      pointer = this.c.TFE_NewTensorHandle(host, this.status);
      this.check('TFE_NewTensorHandle');
    } finally {
      this.c.TF_DeleteTensor(host);
    }
    const target = this.#target(dtype, device);
    if (target === this.own.cpu) return this.#add(pointer, dtype, [...shape], device);
    try {
      return this.#add(this.#copy(pointer, target), dtype, [...shape], device);
    } finally {
      this.c.TFE_DeleteTensorHandle(pointer);
    }
  }

  /**
   * The handle to use a tensor by on a device; where it lies elsewhere, that of a copy, made once. Between two workers
   * a copy goes through this process, so that workers need not reach one another.
   *
   * @param device a worker's; absent: this process's
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

  /** A bare TF_Tensor in host memory, to be freed by the caller. */
  allocate(shape: readonly number[], dtype: number, values: TensorValues): Pointer {
    if (dtype === DT.string) return this.#allocateStrings(shape, values as readonly Uint8Array[]);
    const size = elementBytes(dtype);
    if (size === 0) throw new UnsupportedTensorError(`cannot create a tensor of TensorFlow type ${dtype}`);
    const data = asTypedArray(values, dtype);
    const bytes = elementCount(shape) * size;
    if (data.byteLength !== bytes) {
      throw new UnsupportedTensorError(
        `a tensor of shape [${shape}] takes ${bytes} bytes, but ${data.byteLength} were given`,
      );
    }
    const tensor = this.#allocate(dtype, shape, bytes);
    if (bytes > 0) this.c.memcpy(this.c.TF_TensorData(tensor)!, data, bytes);
    return tensor;
  }

  /** Takes over a handle that TensorFlow returned of work on a device. */
  adopt(pointer: Pointer, device?: string): StoredTensor {
    const { c, status } = this;
    const shape = new Array<number>(c.TFE_TensorHandleNumDims(pointer, status));
    for (let i = 0; i < shape.length; i++) shape[i] = c.TFE_TensorHandleDim(pointer, i, status);
    return this.#add(pointer, c.TFE_TensorHandleDataType(pointer), shape, device);
  }

  delete(id: number): void {
    const tensor = this.#tensors.get(id);
    if (!tensor) return;
    this.#tensors.delete(id);
    this.#bytes -= tensor.bytes;
    this.c.TFE_DeleteTensorHandle(tensor.pointer);
    for (const copy of this.#copies.get(id)?.values() ?? []) this.c.TFE_DeleteTensorHandle(copy);
    this.#copies.delete(id);
  }

  /** Copies a tensor's data out: one copy. bfloat16 is widened to float32, float64 and int64 narrowed to tfjs' types. */
  read(id: number): Float32Array | Int32Array | Uint8Array | Uint8Array[] {
    const { dtype, shape } = this.get(id);
    return this.#resolved(id, (tensor, bytes, into) => {
      switch (dtype) {
        case DT.string:
          return this.#readStrings(tensor, elementCount(shape));
        case DT.float:
        case DT.complex64:
          return into(new Float32Array(bytes / 4));
        case DT.int32:
          return into(new Int32Array(bytes / 4));
        case DT.bool:
        case DT.uint8:
          return into(new Uint8Array(bytes));
        case DT.bfloat16:
          return widenBfloat16(into(new Uint16Array(bytes / 2)));
        case DT.double:
          return Float32Array.from(into(new Float64Array(bytes / 8)));
        case DT.int64:
          return narrowInt64(into(new BigInt64Array(bytes / 8)));
        default:
          throw new UnsupportedTensorError(`cannot read a tensor of TensorFlow type ${dtype}`);
      }
    });
  }

  /** The same of a float64 tensor, as it is. */
  readDoubles(id: number): Float64Array {
    return this.#resolved(id, (_, bytes, into) => into(new Float64Array(bytes / 8)));
  }

  dispose(): void {
    for (const id of [...this.#tensors.keys()]) this.delete(id);
  }

  /** Hands over a tensor's data in host memory, its size, and what copies it into a typed array. */
  #resolved<T>(
    id: number,
    use: (tensor: Pointer, bytes: number, into: <A extends NodeJS.TypedArray>(data: A) => A) => T,
  ): T {
    const { pointer, device } = this.get(id);
    const tensor = this.c.TFE_TensorHandleResolve(pointer, this.status);
    this.check('TFE_TensorHandleResolve', device);
    try {
      const bytes = this.c.TF_TensorByteSize(tensor);
      return use(tensor, bytes, (data) => {
        if (bytes > 0) this.c.memcpy(data, this.c.TF_TensorData(tensor)!, bytes);
        return data;
      });
    } finally {
      this.c.TF_DeleteTensor(tensor);
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

  #allocate(dtype: number, shape: readonly number[], bytes: number): Pointer {
    const dims = BigInt64Array.from(shape, BigInt);
    const tensor = this.c.TF_AllocateTensor(dtype, dims, shape.length, bytes);
    if (!tensor)
      throw new UnsupportedTensorError(`no memory for a tensor of shape [${shape}] (${bytes} bytes)`);
    return tensor;
  }

  // With a GPU, int32 and strings stay on the host: that is where TensorFlow's kernels want them.
  #target(dtype: number, device: string | undefined): string {
    const { cpu, gpu } = this.own;
    const onHost = dtype === DT.int32 || dtype === DT.int64 || dtype === DT.string;
    if (device === undefined) return onHost ? cpu : (gpu ?? cpu);
    return onHost ? device.replace(/[^/]*$/, 'device:CPU:0') : device;
  }

  #copy(pointer: Pointer, target: string, worker?: string): Pointer {
    const copy = this.c.TFE_TensorHandleCopyToDevice(pointer, this.context, target, this.status);
    this.check('TFE_TensorHandleCopyToDevice', worker ?? target);
    return copy;
  }

  #allocateStrings(shape: readonly number[], values: readonly Uint8Array[]): Pointer {
    const tensor = this.#allocate(DT.string, shape, values.length * stringBytes);
    const data = this.c.TF_TensorData(tensor);
    values.forEach((bytes, i) => {
      const string = data! + BigInt(i * stringBytes);
      this.c.TF_StringInit(string);
      this.c.TF_StringCopy(string, bytes, bytes.length);
    });
    return tensor;
  }

  #readStrings(tensor: Pointer, count: number): Uint8Array[] {
    const data = this.c.TF_TensorData(tensor);
    return Array.from({ length: count }, (_, i) => {
      const string = data! + BigInt(i * stringBytes);
      const bytes = new Uint8Array(this.c.TF_StringGetSize(string));
      if (bytes.length > 0) this.c.memcpy(bytes, this.c.TF_StringGetDataPointer(string), bytes.length);
      return bytes;
    });
  }
}

function asTypedArray(values: TensorValues, dtype: number): NodeJS.TypedArray {
  // tfjs hands int64 scalars over as pairs of int32, and everything else mostly in the right type already.
  switch (dtype) {
    case DT.float:
      return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
    case DT.int32:
      return values instanceof Int32Array ? values : Int32Array.from(values as ArrayLike<number>);
    case DT.bool:
    case DT.uint8:
      return values instanceof Uint8Array ? values : Uint8Array.from(values as ArrayLike<number>);
    default:
      return values as NodeJS.TypedArray;
  }
}

function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Float32Array(wide.buffer);
}

function narrowInt64(values: BigInt64Array): Int32Array {
  const narrow = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (BigInt.asIntN(32, value) !== value) {
      throw new UnsupportedTensorError(`int64 value ${value} does not fit tfjs's int32`);
    }
    narrow[i] = Number(value);
  }
  return narrow;
}
