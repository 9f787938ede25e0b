import type { EagerContext } from '../eager/eager-context.js';
import { GraphBuilder } from './graph-builder.js';
import type { RecordedOp, Recording } from './recording.js';

export interface FunctionSignature {
  /** Tensor ids of the arguments: the inputs of the recording, then the captured tensors. */
  readonly inputs: readonly number[];
  /** Tensor ids of the results. */
  readonly outputs: readonly number[];
  /** Accept arguments of any size, with the ranks recorded. */
  readonly anySizes: boolean;
}

/**
 * Registers a recording as a function of the eager context.
 *
 * @param name unique in the context
 * @throws TensorFlowOpError
 */
export function buildFunction(
  context: EagerContext,
  recording: Recording,
  name: string,
  { inputs, outputs, anySizes }: FunctionSignature,
): void {
  const graph = new GraphBuilder(context);
  const addConstants = (ids: readonly number[]) => {
    for (const id of ids) {
      const constant = recording.constants.get(id);
      if (constant && !graph.has(id)) graph.constant(id, constant);
    }
  };
  try {
    const parameters = inputs.map((id) => {
      const { dtype, shape } = context.tensors.get(id);
      return graph.placeholder(id, dtype, anySizes ? shape.map(() => -1) : shape);
    });
    for (const op of neededOps(context, recording, outputs)) {
      addConstants(op.inputs);
      graph.operation(op.name, op.attrs, op.inputs, op.outputs);
    }
    addConstants(outputs);
    // A result may also be an argument, a constant or another result. Each gets a node of its own.
    const results = outputs.map((id, i) => graph.operation('Identity', [], [id], [-1 - i])[0]!);
    graph.register(name, parameters, results);
  } finally {
    graph.dispose();
  }
}

/** The operations that the results depend on, and those with side effects, in order. */
function neededOps(context: EagerContext, recording: Recording, outputs: readonly number[]): RecordedOp[] {
  const needed = new Set(outputs);
  const kept: RecordedOp[] = [];
  for (const op of [...recording.ops].reverse()) {
    if (!op.outputs.some((id) => needed.has(id)) && !context.schemas.get(op.name).isStateful) continue;
    for (const id of op.inputs) needed.add(id);
    kept.push(op);
  }
  return kept.reverse();
}
