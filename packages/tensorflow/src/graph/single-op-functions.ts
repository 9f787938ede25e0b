import { functionConfig } from '../c-api/config-proto.js';
import { DT } from '../c-api/data-types.js';
import type { EagerContext } from '../eager/eager-context.js';
import type { FunctionCall } from '../eager/executor.js';
import { GraphBuilder } from './graph-builder.js';

const config = functionConfig(false);

/**
 * Operations with a faster CPU kernel inside a graph, each wrapped in a function of its own. oneDNN's graph-only softmax
 * takes 0.4 × the time of the eager kernel and differs in the last bit. Running it in a function everywhere keeps eager
 * and recorded results equal.
 */
const fasterInGraph = new Set(['Softmax']);

/** Functions of a single operation that has one float32 input of any shape. Each is built when it is first used. */
export class SingleOpFunctions {
  readonly #calls = new Map<string, FunctionCall>();

  constructor(private readonly context: EagerContext) {}

  /** The function to call instead of a CPU operation; undefined if the operation itself is to run. */
  of(op: string): FunctionCall | undefined {
    return fasterInGraph.has(op) ? (this.#calls.get(op) ?? this.#build(op)) : undefined;
  }

  #build(op: string): FunctionCall {
    const call: FunctionCall = { name: this.context.uniqueName(op), outputCount: 1, config };
    const graph = new GraphBuilder(this.context);
    try {
      const input = graph.placeholder(0, DT.float);
      graph.register(call.name, [input], graph.operation(op, [], [0], [1]));
    } finally {
      graph.dispose();
    }
    this.#calls.set(op, call);
    return call;
  }
}
