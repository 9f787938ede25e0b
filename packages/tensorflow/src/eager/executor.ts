import { type AttributeSetter, attributeSetter, type NamedAttribute } from '../c-api/attributes.js';
import type { Pointer } from '../c-api/c-api.js';
import { type OpSchema, splitInputs } from '../c-api/op-schema.js';
import { invalidArgument } from '../c-api/status.js';
import { TensorFlowOpError } from '../errors.js';
import type { EagerContext } from './eager-context.js';
import type { StoredTensor } from './tensor-store.js';

/** How to call a function that is registered with the context. */
export interface FunctionCall {
  name: string;
  outputCount: number;
  /** Serialized ConfigProto: settings of the graph optimizer. */
  config: Uint8Array;
  /** Compile with XLA. */
  xla?: boolean;
}

/** Runs operations and functions on the current device. */
export class Executor {
  readonly #context: EagerContext;
  readonly #setAttribute: AttributeSetter;
  readonly #outputCount = new Int32Array(1);
  #outputs = new BigUint64Array(64);
  #device: string | undefined;

  constructor(context: EagerContext) {
    this.#context = context;
    this.#setAttribute = attributeSetter(context.c, 'TFE_OpSetAttr', context.status);
  }

  /** The worker's device where operations run and tensors are made. Absent: this process. */
  get device(): string | undefined {
    return this.#device;
  }

  /**
   * Calls `work` with a worker's device as the current one.
   *
   * @throws TensorFlowOpError if no worker has the device
   */
  onDevice<T>(device: string, work: () => T): T {
    const known = this.#context.devices.find(({ name }) => name === device);
    if (known?.worker === undefined) {
      throw new TensorFlowOpError('onDevice', invalidArgument, `no worker has a device '${device}'.`);
    }
    const outer = this.#device;
    this.#device = device;
    try {
      return work();
    } finally {
      this.#device = outer;
    }
  }

  /** @throws TensorFlowOpError, DisposedTensorError, WorkerLostError */
  runOp(
    schema: OpSchema,
    attrs: readonly NamedAttribute[],
    inputs: readonly number[],
    outputCount: number,
  ): readonly StoredTensor[] {
    return this.#withOp(schema.name, (op) => {
      // Attributes come first. Otherwise TensorFlow infers T from the first input and ignores a later attribute.
      for (const { name, value } of attrs) {
        // TensorFlow infers the length and types of an input list.
        if (schema.hasListInput && schema.inferred.has(name)) continue;
        this.#setAttribute(op, name, schema.attrs.get(name) ?? 'unknown', value);
      }
      this.#addInputs(op, schema, inputs);
      return this.#execute(op, schema.name, outputCount);
    });
  }

  /** @throws TensorFlowOpError, DisposedTensorError, WorkerLostError */
  callFunction(call: FunctionCall, inputs: readonly number[]): readonly StoredTensor[] {
    const { c, status, tensors } = this.#context;
    return this.#withOp(call.name, (op) => {
      const pointers = new BigUint64Array(inputs.length);
      for (let i = 0; i < inputs.length; i++) pointers[i] = tensors.handle(inputs[i]!, this.#device);
      c.TFE_OpAddInputList(op, pointers, pointers.length, status);
      this.#context.check(call.name);
      c.TFE_OpSetAttrString(op, 'config_proto', call.config, call.config.length);
      if (call.xla) c.TFE_OpSetAttrBool(op, '_XlaMustCompile', 1);
      return this.#execute(op, call.name, call.outputCount);
    });
  }

  #withOp<T>(name: string, use: (op: Pointer) => T): T {
    const { c, pointer, status } = this.#context;
    const op = c.TFE_NewOp(pointer, name, status);
    this.#context.check(name);
    try {
      if (this.#device !== undefined) {
        c.TFE_OpSetDevice(op, this.#device, status);
        this.#context.check(name);
      }
      return use(op);
    } finally {
      c.TFE_DeleteOp(op);
    }
  }

  #addInputs(op: Pointer, schema: OpSchema, inputs: readonly number[]): void {
    const { c, status, tensors } = this.#context;
    if (!schema.hasListInput) {
      for (const id of inputs) {
        c.TFE_OpAddInput(op, tensors.handle(id, this.#device), status);
        this.#context.check(schema.name);
      }
      return;
    }
    for (const { isList, ids } of splitInputs(schema, inputs)) {
      const pointers = BigUint64Array.from(ids, (id) => tensors.handle(id, this.#device));
      if (isList) c.TFE_OpAddInputList(op, pointers, pointers.length, status);
      else c.TFE_OpAddInput(op, pointers[0]!, status);
      this.#context.check(schema.name);
    }
  }

  #execute(op: Pointer, name: string, outputCount: number): StoredTensor[] {
    const { c, status, tensors } = this.#context;
    if (outputCount > this.#outputs.length) this.#outputs = new BigUint64Array(outputCount);
    const count = this.#outputCount;
    count[0] = outputCount;
    c.TFE_Execute(op, this.#outputs, count, status);
    this.#context.check(name, this.#device);
    const outputs = new Array<StoredTensor>(count[0]!);
    for (let i = 0; i < outputs.length; i++) outputs[i] = tensors.adopt(this.#outputs[i]!, this.#device);
    return outputs;
  }
}
