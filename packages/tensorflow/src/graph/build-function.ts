import type { EagerContext } from '../eager/eager-context.js';
import { GraphBuilder } from './graph-builder.js';
import type { RecordedOp, Recording } from './recording.js';

export interface FunctionSignature {
  /** Ids of its arguments: the recording's inputs, then what it captured. */
  readonly inputs: readonly number[];
  /** Ids of its results. */
  readonly outputs: readonly number[];
  /** Whether arguments may have other sizes than they had. */
  readonly anySizes: boolean;
}

/**
 * Registers a recording as a function of the eager context.
 *
 * @param name the function's name, unique in the context
 */
export function buildFunction(
  context: EagerContext,
  recording: Recording,
  name: string,
  { inputs, outputs, anySizes }: FunctionSignature,
): void {
  const graph = new GraphBuilder(context);
  const constants = (ids: readonly number[]) => {
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
      constants(op.inputs);
      graph.operation(op.name, op.attrs, op.inputs, op.outputs);
    }
    constants(outputs);
    // A result may also be an argument, a constant or another result: each gets a node of its own.
    const results = outputs.map((id, i) => graph.operation('Identity', [], [id], [-1 - i])[0]!);
    graph.register(name, parameters, results);
  } finally {
    graph.dispose();
  }
}

/** The operations that results depend on, in order; those with side effects always stay. */
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

/** Registers a function of a single operation with one input of any shape. */
export function buildSingleOpFunction(context: EagerContext, op: string, dtype: number, name: string): void {
  const graph = new GraphBuilder(context);
  try {
    const input = graph.placeholder(0, dtype);
    graph.register(name, [input], graph.operation(op, [], [0], [1]));
  } finally {
    graph.dispose();
  }
}
