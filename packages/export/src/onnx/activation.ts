import type { Activation } from '@grasp/decoder';
import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './onnx-graph.js';

type ActivationNodes = (g: GraphBuilder, x: Value) => Value;

const NODES: Readonly<Record<Activation, ActivationNodes>> = {
  silu: (g, x) => g.multiply(x, g.node('Sigmoid', [x])),
  // x · Φ(x)
  gelu: (g, x) => {
    const cdf = g.multiply(g.add(g.node('Erf', [g.multiply(x, Math.SQRT1_2)]), 1), 0.5);
    return g.multiply(x, cdf);
  },
  // ½x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))
  'gelu-tanh': (g, x) => {
    const cubic = g.add(g.multiply(g.multiply(x, x), 0.044715), 1);
    const inner = g.multiply(g.multiply(x, cubic), Math.sqrt(2 / Math.PI));
    return g.multiply(g.multiply(x, 0.5), g.add(g.node('Tanh', [inner]), 1));
  },
  'quick-gelu': (g, x) => g.multiply(x, g.node('Sigmoid', [g.multiply(x, 1.702)])),
  relu: (g, x) => g.node('Relu', [x]),
  relu2: (g, x) => {
    const positive = g.node('Relu', [x]);
    return g.multiply(positive, positive);
  },
};

/** The activation of an FFN as nodes. */
export function activate(g: GraphBuilder, activation: Activation, x: Value): Value {
  return NODES[activation](g, x);
}
