/** An ONNX graph as data: what a model file says, before it is encoded. */

/** The name of an input, a weight, a constant, or what a node computes. */
export type Value = string;

/** Element types by their names in onnx.proto. */
export type ElementType = 'FLOAT' | 'FLOAT16' | 'INT64' | 'BOOL';

export interface OnnxNode {
  readonly opType: string;
  readonly name: string;
  readonly inputs: Value[];
  readonly outputs: Value[];
  /** All attributes in use are integers, or lists of them. */
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
}

/** An input or output of the graph. A dimension that a caller chooses has a name. */
export interface OnnxPort {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** A small tensor that is part of the model file. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** A tensor of the model, stored outside of the model file. It is read when it is written. */
export interface OnnxWeight {
  readonly name: string;
  readonly type: 'FLOAT' | 'FLOAT16';
  readonly shape: readonly number[];
  /** Row-major elements; those of `FLOAT16` are raw 16-bit patterns. */
  read(): Promise<Float32Array | Uint16Array>;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly weights: readonly OnnxWeight[];
}

/** Bytes of a weight. */
export function weightBytes({ type, shape }: Pick<OnnxWeight, 'type' | 'shape'>): number {
  return shape.reduce((product, size) => product * size, type === 'FLOAT' ? 4 : 2);
}
