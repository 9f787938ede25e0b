import type { NamedAttribute } from '../c-api/attributes.js';
import { DT } from '../c-api/data-types.js';
import type { EagerContext } from '../eager/eager-context.js';
import { Executor, type FunctionCall } from '../eager/executor.js';
import type { TensorValues } from '../eager/host-tensor.js';
import type { StoredTensor, TensorStore } from '../eager/tensor-store.js';
import { RecordingError } from '../errors.js';
import type { Recording } from '../graph/recording.js';
import { SingleOpFunctions } from '../graph/single-op-functions.js';
import { attributesToUse, refuseBfloat16 } from './bfloat16-rules.js';

/** Replaces the native add-on of tfjs-node. It has the members that tfjs-node's kernel backend uses. */
export class Binding {
  readonly TF_FLOAT = DT.float;
  readonly TF_INT32 = DT.int32;
  readonly TF_INT64 = DT.int64;
  readonly TF_BOOL = DT.bool;
  readonly TF_COMPLEX64 = DT.complex64;
  readonly TF_STRING = DT.string;
  readonly TF_RESOURCE = DT.resource;
  readonly TF_UINT8 = DT.uint8;
  readonly TF_ATTR_STRING = 0;
  readonly TF_ATTR_INT = 1;
  readonly TF_ATTR_FLOAT = 2;
  readonly TF_ATTR_BOOL = 3;
  readonly TF_ATTR_TYPE = 4;
  readonly TF_ATTR_SHAPE = 5;
  readonly TF_ATTR_RESOURCE = 6;

  /** Receives operations and constants while a function is being recorded. */
  recording: Recording | undefined;

  readonly #executor: Executor;
  readonly #singleOps: SingleOpFunctions;

  constructor(private readonly context: EagerContext) {
    this.#executor = new Executor(context);
    this.#singleOps = new SingleOpFunctions(context);
  }

  get TF_Version(): string {
    return this.context.c.TF_Version();
  }

  isUsingGpuDevice(): boolean {
    return this.context.gpu !== undefined;
  }

  getNumOfTensors(): number {
    return this.context.tensors.count;
  }

  getNumOfSavedModels(): number {
    return 0;
  }

  /** @throws UnsupportedTensorError, TensorFlowClosedError */
  createTensor(shape: number[], dtype: number, values: TensorValues): number {
    const { id } = this.context.tensors.create(shape, dtype, values, this.#executor.device);
    this.recording?.addConstant(id, { shape: [...shape], dtype, values });
    return id;
  }

  deleteTensor(id: number): void {
    this.context.tensors.delete(id);
  }

  /** @throws RecordingError ('read') during a recording, unless the tensor is a constant of that recording */
  tensorDataSync(id: number): ReturnType<TensorStore['read']> {
    const { recording } = this;
    if (recording && !recording.constants.has(id)) throw RecordingError.read(recording.name);
    return this.context.tensors.read(id);
  }

  /** @throws TensorFlowOpError if TensorFlow has no such operation, or rejects its inputs */
  executeOp(
    name: string,
    attrs: readonly NamedAttribute[],
    inputs: readonly number[],
    outputCount: number,
  ): readonly StoredTensor[] {
    const schema = this.context.schemas.get(name);
    const used = attributesToUse(schema, attrs);
    const call = this.#functionFor(name, inputs[0]);
    let outputs: readonly StoredTensor[];
    if (call) outputs = this.#executor.callFunction(call, inputs);
    else {
      refuseBfloat16(schema, used, inputs, this.context.tensors);
      outputs = this.#executor.runOp(schema, used, inputs, outputCount);
    }
    this.recording?.addOp({ name, attrs: used, inputs, outputs: outputs.map(({ id }) => id) });
    return outputs;
  }

  /** Calls a function that is registered with the context. */
  callFunction(call: FunctionCall, inputs: readonly number[]): readonly StoredTensor[] {
    return this.#executor.callFunction(call, inputs);
  }

  /** See Executor. */
  onDevice<T>(device: string, work: () => T): T {
    return this.#executor.onDevice(device, work);
  }

  /** The function to call instead of an operation, if it runs on a CPU in float32 and is faster inside a graph. */
  #functionFor(name: string, input: number | undefined): FunctionCall | undefined {
    const call = this.#singleOps.of(name);
    if (!call || input === undefined) return undefined;
    const { device } = this.#executor;
    const onGpu = device === undefined ? this.isUsingGpuDevice() : /GPU/.test(device);
    return !onGpu && this.context.tensors.get(input).dtype === DT.float ? call : undefined;
  }
}
