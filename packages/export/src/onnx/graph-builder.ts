import type {
  ElementType,
  OnnxConstant,
  OnnxGraph,
  OnnxNode,
  OnnxPort,
  OnnxWeight,
  Value,
} from './onnx-graph.js';

/** Numbers of the element types in onnx.proto (`TensorProto.DataType`). */
export const ELEMENT_TYPES: Readonly<Record<ElementType, number>> = {
  FLOAT: 1,
  INT64: 7,
  BOOL: 9,
  FLOAT16: 10,
};

/** A float32 value, or a number that stands for a constant. */
export type Operand = Value | number;

/**
 * Builds a graph, node by node. Numbers are float32, except that the products of matrices may be float16: their inputs are
 * narrowed and their results widened, so all else has the precision of float32.
 */
export class GraphBuilder implements OnnxGraph {
  readonly inputs: OnnxPort[] = [];
  readonly outputs: OnnxPort[] = [];
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly weights: OnnxWeight[] = [];
  private readonly half = new Set<Value>();
  private readonly narrowed = new Map<Value, Value>();
  private readonly known = new Map<string, Value>();
  private scope = '';

  /** @param products element type of weights, cached keys and values, and matrix products */
  constructor(readonly products: 'FLOAT' | 'FLOAT16') {}

  /** Names of the nodes that `work` adds begin with a scope. */
  within<Result>(scope: string, work: () => Result): Result {
    const outer = this.scope;
    this.scope = `${outer}${scope}/`;
    try {
      return work();
    } finally {
      this.scope = outer;
    }
  }

  input(name: string, type: ElementType, shape: OnnxPort['shape']): Value {
    this.inputs.push({ name, type, shape });
    if (type === 'FLOAT16') this.half.add(name);
    return name;
  }

  /** Makes a value an output. It has this name from now on. */
  output(value: Value, name: string, type: ElementType, shape: OnnxPort['shape']): Value {
    for (const { inputs, outputs } of this.nodes) {
      for (const list of [inputs, outputs]) {
        list.forEach((each, at) => {
          if (each === value) list[at] = name;
        });
      }
    }
    if (this.half.has(value)) this.half.add(name);
    this.outputs.push({ name, type, shape });
    return name;
  }

  weight(weight: OnnxWeight): Value {
    this.weights.push(weight);
    if (weight.type === 'FLOAT16') this.half.add(weight.name);
    return weight.name;
  }

  /** A node with one result. */
  node(opType: string, inputs: readonly Value[], attributes: OnnxNode['attributes'] = {}): Value {
    return this.nodeOf(opType, inputs, 1, attributes)[0]!;
  }

  /** A node with several results. They have the precision of the first input, unless the node casts. */
  nodeOf(
    opType: string,
    inputs: readonly Value[],
    results: number,
    attributes: OnnxNode['attributes'] = {},
  ): Value[] {
    const name = `${this.scope}${opType}_${this.nodes.length}`;
    const outputs = Array.from({ length: results }, (_, i) => (results === 1 ? name : `${name}.${i}`));
    this.nodes.push({ opType, name, inputs: [...inputs], outputs, attributes });
    if (this.half.has(inputs[0]!) && opType !== 'Cast') for (const output of outputs) this.half.add(output);
    return [...outputs];
  }

  /** A float32 constant. */
  floats(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Value {
    return this.constant('float', Float32Array.from(values), shape);
  }

  /** An int64 constant: `[n]`, or a scalar. */
  integers(values: readonly number[] | number): Value {
    const list = typeof values === 'number' ? [values] : values;
    return this.constant(
      'int',
      BigInt64Array.from(list, BigInt),
      typeof values === 'number' ? [] : [list.length],
    );
  }

  private constant(kind: string, values: Float32Array | BigInt64Array, shape: readonly number[]): Value {
    const key = `${kind} ${shape.join()} ${values.join()}`;
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const name = `${kind}_${this.constants.length}`;
    this.constants.push({ name, shape, values });
    this.known.set(key, name);
    return name;
  }

  private operand(x: Operand): Value {
    return typeof x === 'number' ? this.floats([x], []) : x;
  }

  cast(x: Value, type: ElementType): Value {
    const result = this.node('Cast', [x], { to: ELEMENT_TYPES[type] });
    if (type === 'FLOAT16') this.half.add(result);
    return result;
  }

  /** The value in the precision of products. */
  narrow(x: Value): Value {
    if (this.products === 'FLOAT' || this.half.has(x)) return x;
    const result = this.narrowed.get(x) ?? this.cast(x, 'FLOAT16');
    this.narrowed.set(x, result);
    return result;
  }

  /** The value in float32. */
  widen(x: Value): Value {
    return this.half.has(x) ? this.cast(x, 'FLOAT') : x;
  }

  /** The product of matrices, `[.., n, k]` by `[.., k, m]`, in float32. */
  matMul(a: Value, b: Value): Value {
    return this.widen(this.node('MatMul', [this.narrow(a), this.narrow(b)]));
  }

  add = (a: Value, b: Operand): Value => this.node('Add', [a, this.operand(b)]);
  subtract = (a: Value, b: Operand): Value => this.node('Sub', [a, this.operand(b)]);
  multiply = (a: Value, b: Operand): Value => this.node('Mul', [a, this.operand(b)]);
  divide = (a: Value, b: Operand): Value => this.node('Div', [a, this.operand(b)]);
  power = (a: Value, b: Operand): Value => this.node('Pow', [a, this.operand(b)]);

  /** The value times a factor, without a node if that is 1. */
  scale(x: Value, factor: number): Value {
    return factor === 1 ? x : this.multiply(x, factor);
  }

  /** @param shape 0 keeps the size of that axis, −1 is what remains. */
  reshape(x: Value, shape: readonly number[]): Value {
    return this.node('Reshape', [x, this.integers(shape)]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.node('Transpose', [x], { perm });
  }

  unsqueeze(x: Value, ...axes: number[]): Value {
    return this.node('Unsqueeze', [x, this.integers(axes)]);
  }

  concat(parts: readonly Value[], axis: number): Value {
    return this.node('Concat', parts, { axis });
  }

  /** The two halves of the last axis, of `size` entries each. */
  halves(x: Value, size: number): [Value, Value] {
    return this.nodeOf('Split', [x, this.integers([size, size])], 2, { axis: -1 }) as [Value, Value];
  }

  /** The size of an axis, a scalar. */
  sizeOf(x: Value, axis: number): Value {
    return this.node('Gather', [this.node('Shape', [x]), this.integers(axis)], { axis: 0 });
  }
}
