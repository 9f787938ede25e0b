import { type AttributeSetter, attributeSetter } from './attributes.js';
import { splitInputs } from './binding.js';
import type { CApi, GraphOutput, Pointer } from './c-api.js';
import type { OpSchemas } from './op-schema.js';
import type { RecordedConstant, RecordedOp, Recording } from './recording.js';
import { checkStatus } from './status.js';
import type { TensorStore } from './tensor-store.js';

export interface FunctionTools {
  c: CApi;
  context: Pointer;
  status: Pointer;
  schemas: OpSchemas;
  tensors: TensorStore;
}

/**
 * Registers a recording as a function of the eager context.
 *
 * @param name the function's name, unique in the context
 * @param inputs ids of its arguments: the recording's inputs, then what it captured
 * @param outputs ids of its results
 */
export function buildFunction(
  tools: FunctionTools,
  recording: Recording,
  name: string,
  inputs: readonly number[],
  outputs: readonly number[],
): void {
  const { c, context, status } = tools;
  const graph = c.TF_NewGraph();
  try {
    const nodes = new GraphBuilder(tools, graph);
    const parameters = inputs.map((id) => nodes.placeholder(id));
    for (const op of reachable(recording, outputs, tools.schemas)) {
      for (const id of op.inputs) {
        const constant = recording.constants.get(id);
        if (constant) nodes.constant(id, constant);
      }
      nodes.operation(op);
    }
    // A result that is an argument, a constant or another result too needs a node of its own.
    const results = outputs.map((id) => {
      const constant = recording.constants.get(id);
      if (constant) nodes.constant(id, constant);
      return nodes.identity(id);
    });
    const fn = c.TF_GraphToFunction(
      graph,
      name,
      0,
      -1,
      null,
      parameters.length,
      packOutputs(parameters),
      results.length,
      packOutputs(results),
      null,
      null,
      null,
      status,
    );
    checkStatus(c, status, name);
    c.TFE_ContextAddFunction(context, fn, status);
    c.TF_DeleteFunction(fn);
    checkStatus(c, status, name);
  } finally {
    c.TF_DeleteGraph(graph);
  }
}

/** The operations that results depend on, in order; stateful ones always run. */
function reachable(recording: Recording, outputs: readonly number[], schemas: OpSchemas): RecordedOp[] {
  const needed = new Set(outputs);
  const kept: RecordedOp[] = [];
  for (const op of [...recording.ops].reverse()) {
    if (!op.outputs.some((id) => needed.has(id)) && !schemas.get(op.name).isStateful) continue;
    for (const id of op.inputs) needed.add(id);
    kept.push(op);
  }
  return kept.reverse();
}

class GraphBuilder {
  readonly #outputs = new Map<number, GraphOutput>();
  readonly #setAttribute: AttributeSetter;
  #count = 0;

  constructor(
    private readonly tools: FunctionTools,
    private readonly graph: Pointer,
  ) {
    this.#setAttribute = attributeSetter(tools.c, 'TF_SetAttr', tools.status);
  }

  placeholder(id: number): GraphOutput {
    const { dtype, shape } = this.tools.tensors.get(id);
    const description = this.#start('Placeholder');
    this.#setAttribute(description, 'dtype', 'type', dtype);
    this.#setAttribute(description, 'shape', 'shape', shape);
    return this.#finish(description, [id], 'Placeholder')[0]!;
  }

  constant(id: number, { shape, dtype, values }: RecordedConstant): void {
    if (this.#outputs.has(id)) return;
    const { c, status, tensors } = this.tools;
    const description = this.#start('Const');
    this.#setAttribute(description, 'dtype', 'type', dtype);
    const tensor = tensors.allocate(shape, dtype, values);
    c.TF_SetAttrTensor(description, 'value', tensor, status);
    c.TF_DeleteTensor(tensor);
    checkStatus(c, status, 'Const');
    this.#finish(description, [id], 'Const');
  }

  operation({ name, attrs, inputs, outputs }: RecordedOp): void {
    const schema = this.tools.schemas.get(name);
    const description = this.#start(name);
    for (const part of splitInputs(schema, inputs)) this.#addInputs(description, part.isList, part.ids);
    for (const { name: attr, value } of attrs) {
      if (schema.hasListInput && schema.inferred.has(attr)) continue;
      this.#setAttribute(description, attr, schema.attrs.get(attr) ?? 'unknown', value);
    }
    this.#finish(description, outputs, name);
  }

  identity(id: number): GraphOutput {
    const description = this.#start('Identity');
    this.#addInputs(description, false, [id]);
    return this.#finish(description, [], 'Identity', 1)[0]!;
  }

  #start(type: string): Pointer {
    return this.tools.c.TF_NewOperation(this.graph, type, `${type}_${this.#count++}`);
  }

  #addInputs(description: Pointer, isList: boolean, ids: readonly number[]): void {
    const outputs = ids.map((id) => this.#outputs.get(id)!);
    if (isList) this.tools.c.TF_AddInputList(description, packOutputs(outputs), outputs.length);
    else this.tools.c.TF_AddInput(description, outputs[0]!);
  }

  #finish(description: Pointer, ids: readonly number[], name: string, count = ids.length): GraphOutput[] {
    const { c, status } = this.tools;
    const operation = c.TF_FinishOperation(description, status);
    checkStatus(c, status, name);
    const outputs = Array.from({ length: count }, (_, index) => ({ operation, index }));
    ids.forEach((id, i) => {
      this.#outputs.set(id, outputs[i]!);
    });
    return outputs;
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
