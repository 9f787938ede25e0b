import { type AttributeSetter, attributeSetter, type NamedAttribute } from '../c-api/attributes.js';
import type { GraphOutput, Pointer } from '../c-api/c-api.js';
import { splitInputs } from '../c-api/op-schema.js';
import type { EagerContext } from '../eager/eager-context.js';
import { allocateHostTensor } from '../eager/host-tensor.js';
import type { RecordedConstant } from './recording.js';

/** Builds one TensorFlow graph and registers it as a function. The caller numbers the tensors. */
export class GraphBuilder {
  readonly #graph: Pointer;
  readonly #setAttribute: AttributeSetter;
  readonly #tensors = new Map<number, GraphOutput>();
  #nodeCount = 0;

  constructor(private readonly context: EagerContext) {
    this.#graph = context.c.TF_NewGraph();
    this.#setAttribute = attributeSetter(context.c, 'TF_SetAttr', context.status);
  }

  has(tensor: number): boolean {
    return this.#tensors.has(tensor);
  }

  /** @param shape absent: any shape; −1: any size */
  placeholder(tensor: number, dtype: number, shape?: readonly number[]): GraphOutput {
    const node = this.#start('Placeholder');
    this.#setAttribute(node, 'dtype', 'type', dtype);
    if (shape) this.#setAttribute(node, 'shape', 'shape', shape);
    return this.#finish(node, 'Placeholder', [tensor])[0]!;
  }

  constant(tensor: number, { shape, dtype, values }: RecordedConstant): void {
    const { c, status } = this.context;
    const node = this.#start('Const');
    this.#setAttribute(node, 'dtype', 'type', dtype);
    const data = allocateHostTensor(c, shape, dtype, values);
    c.TF_SetAttrTensor(node, 'value', data, status);
    c.TF_DeleteTensor(data);
    this.context.check('Const');
    this.#finish(node, 'Const', [tensor]);
  }

  /** @throws TensorFlowOpError */
  operation(
    name: string,
    attrs: readonly NamedAttribute[],
    inputs: readonly number[],
    outputs: readonly number[],
  ): GraphOutput[] {
    const schema = this.context.schemas.get(name);
    const node = this.#start(name);
    for (const { isList, ids } of splitInputs(schema, inputs)) {
      const tensors = ids.map((id) => this.#tensors.get(id)!);
      if (isList) this.context.c.TF_AddInputList(node, packOutputs(tensors), tensors.length);
      else this.context.c.TF_AddInput(node, tensors[0]!);
    }
    for (const attr of attrs) {
      if (schema.hasListInput && schema.inferred.has(attr.name)) continue;
      this.#setAttribute(node, attr.name, schema.attrs.get(attr.name) ?? 'unknown', attr.value);
    }
    return this.#finish(node, name, outputs);
  }

  /**
   * Registers the graph with the context as a function.
   *
   * @throws TensorFlowOpError
   */
  register(name: string, inputs: readonly GraphOutput[], outputs: readonly GraphOutput[]): void {
    const { c, status } = this.context;
    const allOperations = -1;
    const fn = c.TF_GraphToFunction(
      this.#graph,
      name,
      0,
      allOperations,
      null,
      inputs.length,
      packOutputs(inputs),
      outputs.length,
      packOutputs(outputs),
      null,
      null,
      null,
      status,
    );
    this.context.check(name);
    c.TFE_ContextAddFunction(this.context.pointer, fn, status);
    c.TF_DeleteFunction(fn);
    this.context.check(name);
  }

  dispose(): void {
    this.context.c.TF_DeleteGraph(this.#graph);
  }

  #start(type: string): Pointer {
    return this.context.c.TF_NewOperation(this.#graph, type, `${type}_${this.#nodeCount++}`);
  }

  #finish(node: Pointer, name: string, tensors: readonly number[]): GraphOutput[] {
    const operation = this.context.c.TF_FinishOperation(node, this.context.status);
    this.context.check(name);
    return tensors.map((tensor, index) => {
      const output = { operation, index };
      this.#tensors.set(tensor, output);
      return output;
    });
  }
}

/** An array of C struct TF_Output { TF_Operation *oper; int index; }, 16 bytes each. */
function packOutputs(outputs: readonly GraphOutput[]): BigUint64Array {
  const packed = new BigUint64Array(2 * outputs.length);
  outputs.forEach(({ operation, index }, i) => {
    packed[2 * i] = operation;
    packed[2 * i + 1] = BigInt(index);
  });
  return packed;
}
