import { type AttributeSetter, attributeSetter, type NamedAttribute } from '../c-api/attributes.js';
import { buildSingleOpFunction } from '../graph/build-function.js';
import type { Pointer } from '../c-api/c-api.js';
import { functionConfig } from '../c-api/config-proto.js';
import { DT } from '../c-api/data-types.js';
import type { EagerContext } from '../eager/eager-context.js';
import { RecordingError, TensorFlowOpError } from '../errors.js';
import { type OpSchema, splitInputs } from '../c-api/op-schema.js';
import type { Recording } from '../graph/recording.js';
import { invalidArgument } from '../c-api/status.js';
import type { StoredTensor, TensorStore, TensorValues } from '../eager/tensor-store.js';

/**
 * Operations that only move elements. tfjs knows a bfloat16 tensor as float32 and says so in their type
 * attribute; here the tensor's own type is taken. All others keep the type tfjs asks for: arithmetic on a
 * bfloat16 tensor is refused instead of losing precision silently.
 */
const movesOnly = new Set([
  'ConcatV2',
  'ExpandDims',
  'GatherNd',
  'GatherV2',
  'Identity',
  'Pack',
  'Reshape',
  'ReverseV2',
  'Slice',
  'Split',
  'SplitV',
  'Squeeze',
  'StridedSlice',
  'Tile',
  'Transpose',
  'Unpack',
]);

/**
 * Operations of one float input that a CPU runs differently inside a graph: oneDNN's softmax is 2.6 times as fast as
 * the eager kernel and differs in the last bit. They always run inside a function, so that both are the same.
 */
const betterInGraph = new Set(['Softmax']);
const singleOpConfig = functionConfig(false);

export interface FunctionCall {
  name: string;
  outputCount: number;
  /** Serialized ConfigProto with the optimiser's settings. */
  config: Uint8Array;
  /** Compile with XLA. */
  xla?: boolean;
}

/** What tfjs-node's kernel backend expects of its native add-on, on TensorFlow's eager C API. */
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

  /** Where operations are noted down while a function is being recorded. */
  recording: Recording | undefined;
  /** The worker's device where operations run and tensors are made; absent: this process's. */
  device: string | undefined;

  readonly #setAttribute: AttributeSetter;
  readonly #singleOps = new Map<string, FunctionCall>();
  #outputs = new BigUint64Array(64);
  readonly #outputCount = new Int32Array(1);

  constructor(private readonly context: EagerContext) {
    this.#setAttribute = attributeSetter(context.c, 'TFE_OpSetAttr', context.status);
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

  createTensor(shape: number[], dtype: number, values: TensorValues): number {
    const { id } = this.context.tensors.create(shape, dtype, values, this.device);
    this.recording?.addConstant(id, { shape: [...shape], dtype, values });
    return id;
  }

  deleteTensor(id: number): void {
    this.context.tensors.delete(id);
  }

  /** @throws RecordingError inside a recording, unless the tensor is a constant made there. */
  tensorDataSync(id: number): ReturnType<TensorStore['read']> {
    const { recording } = this;
    if (recording && !recording.constants.has(id)) throw RecordingError.read(recording.name);
    return this.context.tensors.read(id);
  }

  /** @throws TensorFlowOpError where TensorFlow does not know the operation, or refuses its inputs. */
  executeOp(
    name: string,
    attrs: readonly NamedAttribute[],
    inputs: readonly number[],
    outputCount: number,
  ): readonly StoredTensor[] {
    const schema = this.context.schemas.get(name);
    const used = movesOnly.has(name) ? attrs.filter((attr) => !schema.inferred.has(attr.name)) : attrs;
    const outputs = this.#runsInGraph(name, inputs[0])
      ? this.executeFunction(this.#singleOp(name), inputs)
      : this.#executeEagerly(schema, used, inputs, outputCount);
    this.recording?.addOp({ name, attrs: used, inputs, outputs: outputs.map(({ id }) => id) });
    return outputs;
  }

  /**
   * Runs `work` with a worker's device current.
   *
   * @throws TensorFlowOpError where no worker has it
   */
  onDevice<T>(device: string, work: () => T): T {
    if (this.context.devices.find(({ name }) => name === device)?.worker === undefined) {
      throw new TensorFlowOpError('onDevice', invalidArgument, `no worker has a device ${device}`);
    }
    const outer = this.device;
    this.device = device;
    try {
      return work();
    } finally {
      this.device = outer;
    }
  }

  /** Runs a registered function. */
  executeFunction(call: FunctionCall, inputs: readonly number[]): readonly StoredTensor[] {
    const { c, status, tensors } = this.context;
    return this.#withOp(call.name, (op) => {
      const pointers = new BigUint64Array(inputs.length);
      for (let i = 0; i < inputs.length; i++) pointers[i] = tensors.handle(inputs[i]!, this.device);
      c.TFE_OpAddInputList(op, pointers, pointers.length, status);
      this.context.check(call.name);
      c.TFE_OpSetAttrString(op, 'config_proto', call.config, call.config.length);
      if (call.xla) c.TFE_OpSetAttrBool(op, '_XlaMustCompile', 1);
      return this.#execute(op, call.name, call.outputCount);
    });
  }

  #executeEagerly(
    schema: OpSchema,
    attrs: readonly NamedAttribute[],
    inputs: readonly number[],
    outputCount: number,
  ): readonly StoredTensor[] {
    refuseBfloat16(schema, attrs, inputs, this.context.tensors);
    return this.#withOp(schema.name, (op) => {
      // Before the inputs: TensorFlow would take T from the first of them, and the first word counts.
      for (const { name, value } of attrs) {
        // With input lists given as lists, TensorFlow counts them and takes their types itself.
        if (schema.hasListInput && schema.inferred.has(name)) continue;
        this.#setAttribute(op, name, schema.attrs.get(name) ?? 'unknown', value);
      }
      this.#addInputs(op, schema, inputs);
      return this.#execute(op, schema.name, outputCount);
    });
  }

  #withOp<T>(name: string, use: (op: Pointer) => T): T {
    const { c, pointer, status } = this.context;
    const op = c.TFE_NewOp(pointer, name, status);
    this.context.check(name);
    try {
      if (this.device !== undefined) {
        c.TFE_OpSetDevice(op, this.device, status);
        this.context.check(name);
      }
      return use(op);
    } finally {
      c.TFE_DeleteOp(op);
    }
  }

  #addInputs(op: Pointer, schema: OpSchema, inputs: readonly number[]): void {
    const { c, status, tensors } = this.context;
    if (!schema.hasListInput) {
      for (const id of inputs) {
        c.TFE_OpAddInput(op, tensors.handle(id, this.device), status);
        this.context.check(schema.name);
      }
      return;
    }
    for (const { isList, ids } of splitInputs(schema, inputs)) {
      const pointers = BigUint64Array.from(ids, (id) => tensors.handle(id, this.device));
      if (isList) c.TFE_OpAddInputList(op, pointers, pointers.length, status);
      else c.TFE_OpAddInput(op, pointers[0]!, status);
      this.context.check(schema.name);
    }
  }

  #execute(op: Pointer, name: string, outputCount: number): StoredTensor[] {
    const { c, status, tensors } = this.context;
    if (outputCount > this.#outputs.length) this.#outputs = new BigUint64Array(outputCount);
    const count = this.#outputCount;
    count[0] = outputCount;
    c.TFE_Execute(op, this.#outputs, count, status);
    this.context.check(name, this.device);
    const outputs = new Array<StoredTensor>(count[0]!);
    for (let i = 0; i < outputs.length; i++) outputs[i] = tensors.adopt(this.#outputs[i]!, this.device);
    return outputs;
  }

  #singleOp(op: string): FunctionCall {
    let call = this.#singleOps.get(op);
    if (!call) {
      call = { name: this.context.uniqueName(op), outputCount: 1, config: singleOpConfig };
      buildSingleOpFunction(this.context, op, DT.float, call.name);
      this.#singleOps.set(op, call);
    }
    return call;
  }

  #runsInGraph(name: string, input: number | undefined): boolean {
    const onGpu = this.device === undefined ? this.isUsingGpuDevice() : /GPU/.test(this.device);
    if (input === undefined || !betterInGraph.has(name) || onGpu) return false;
    return this.context.tensors.get(input).dtype === DT.float;
  }
}

/** Arithmetic that tfjs asks for in float32. TensorFlow refuses it too, except where oneDNN takes over (MatMul). */
function refuseBfloat16(
  schema: OpSchema,
  attrs: readonly NamedAttribute[],
  inputs: readonly number[],
  tensors: TensorStore,
): void {
  if (!attrs.some(({ name, value }) => value === DT.float && schema.inferred.has(name))) return;
  const index = inputs.findIndex((id) => tensors.get(id).dtype === DT.bfloat16);
  if (index < 0) return;
  throw new TensorFlowOpError(
    schema.name,
    invalidArgument,
    `its input #${index} is bfloat16, and tfjs asks for float32. Multiply with matMul of this package, or widen ` +
      'the tensor with fromBfloat16.',
  );
}
