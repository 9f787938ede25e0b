import { type AttributeSetter, attributeSetter, type NamedAttribute } from './attributes.js';
import type { CApi, Pointer } from './c-api.js';
import { DT } from './data-types.js';
import { RecordingError } from './errors.js';
import type { OpSchema, OpSchemas } from './op-schema.js';
import type { Recording } from './recording.js';
import { checkStatus } from './status.js';
import type { StoredTensor, TensorStore, TensorValues } from './tensor-store.js';

/**
 * Operations that only move elements. tfjs knows a bfloat16 tensor as float32 and says so in their type
 * attribute; here the tensor's own type is taken. All other operations keep the type tfjs asks for, so that
 * arithmetic on a bfloat16 tensor is refused by TensorFlow instead of losing precision silently.
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

  readonly #setAttribute: AttributeSetter;
  readonly #outputs = new BigUint64Array(64);
  readonly #outputCount = new Int32Array(1);

  constructor(
    private readonly c: CApi,
    private readonly context: Pointer,
    private readonly status: Pointer,
    private readonly schemas: OpSchemas,
    readonly tensors: TensorStore,
    readonly usesGpu: boolean,
  ) {
    this.#setAttribute = attributeSetter(c, 'TFE_OpSetAttr', status);
  }

  get TF_Version(): string {
    return this.c.TF_Version();
  }

  isUsingGpuDevice(): boolean {
    return this.usesGpu;
  }

  getNumOfTensors(): number {
    return this.tensors.count;
  }

  getNumOfSavedModels(): number {
    return 0;
  }

  createTensor(shape: number[], dtype: number, values: TensorValues): number {
    const { id } = this.tensors.create(shape, dtype, values);
    this.recording?.addConstant(id, { shape: [...shape], dtype, values });
    return id;
  }

  deleteTensor(id: number): void {
    this.tensors.delete(id);
  }

  /** @throws RecordingError inside a recording, unless the tensor is a constant made there. */
  tensorDataSync(id: number): ReturnType<TensorStore['read']> {
    const { recording } = this;
    if (recording && !recording.constants.has(id)) throw RecordingError.read(recording.name);
    return this.tensors.read(id);
  }

  executeOp(
    name: string,
    attrs: readonly NamedAttribute[],
    inputIds: readonly number[],
    outputCount: number,
  ): readonly StoredTensor[] {
    const schema = this.schemas.get(name);
    const used = movesOnly.has(name) ? attrs.filter((attr) => !schema.inferred.has(attr.name)) : attrs;
    const { c, status } = this;
    const op = c.TFE_NewOp(this.context, name, status);
    checkStatus(c, status, name);
    try {
      // Before the inputs: TensorFlow would take T from the first of them, and the first word counts.
      for (const { name: attr, value } of used) {
        // With input lists given as lists, TensorFlow counts them and takes their types itself.
        if (schema.hasListInput && schema.inferred.has(attr)) continue;
        this.#setAttribute(op, attr, schema.attrs.get(attr) ?? 'unknown', value);
      }
      this.#addInputs(op, schema, inputIds);
      const outputs = this.#execute(op, name, outputCount);
      this.recording?.addOp({ name, attrs: used, inputs: inputIds, outputs: outputs.map((o) => o.id) });
      return outputs;
    } finally {
      c.TFE_DeleteOp(op);
    }
  }

  /** Runs a registered function on tensors given by id. */
  executeFunction(
    name: string,
    inputIds: readonly number[],
    outputCount: number,
    configProto: Uint8Array,
  ): readonly StoredTensor[] {
    const { c, status, tensors } = this;
    const op = c.TFE_NewOp(this.context, name, status);
    checkStatus(c, status, name);
    try {
      const pointers = BigUint64Array.from(inputIds, (id) => tensors.get(id).pointer);
      c.TFE_OpAddInputList(op, pointers, pointers.length, status);
      checkStatus(c, status, name);
      c.TFE_OpSetAttrString(op, 'config_proto', configProto, configProto.length);
      return this.#execute(op, name, outputCount);
    } finally {
      c.TFE_DeleteOp(op);
    }
  }

  #addInputs(op: Pointer, schema: OpSchema, ids: readonly number[]): void {
    const { c, status, tensors } = this;
    if (!schema.hasListInput) {
      for (const id of ids) {
        c.TFE_OpAddInput(op, tensors.get(id).pointer, status);
        checkStatus(c, status, schema.name);
      }
      return;
    }
    for (const part of splitInputs(schema, ids)) {
      if (part.isList) {
        const pointers = BigUint64Array.from(part.ids, (id) => tensors.get(id).pointer);
        c.TFE_OpAddInputList(op, pointers, pointers.length, status);
      } else {
        c.TFE_OpAddInput(op, tensors.get(part.ids[0]!).pointer, status);
      }
      checkStatus(c, status, schema.name);
    }
  }

  #execute(op: Pointer, name: string, outputCount: number): StoredTensor[] {
    const { c, status, tensors } = this;
    const pointers = outputCount <= this.#outputs.length ? this.#outputs : new BigUint64Array(outputCount);
    this.#outputCount[0] = outputCount;
    c.TFE_Execute(op, pointers, this.#outputCount, status);
    checkStatus(c, status, name);
    const outputs = new Array<StoredTensor>(this.#outputCount[0]!);
    for (let i = 0; i < outputs.length; i++) outputs[i] = tensors.adopt(pointers[i]!);
    return outputs;
  }
}

/** Divides flat inputs among declared ones: lists share equally what single inputs leave over. */
export function splitInputs<T>(
  schema: OpSchema,
  ids: readonly T[],
): { isList: boolean; ids: readonly T[] }[] {
  const lists = schema.inputs.filter((input) => input.isList).length;
  const listLength = (ids.length - (schema.inputs.length - lists)) / lists;
  let at = 0;
  return schema.inputs.map(({ isList }) => {
    const count = isList ? listLength : 1;
    const part = { isList, ids: ids.slice(at, at + count) };
    at += count;
    return part;
  });
}
