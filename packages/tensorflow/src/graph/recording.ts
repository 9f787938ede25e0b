import type { Variable } from '@tensorflow/tfjs-core';
import type { NamedAttribute } from '../c-api/attributes.js';
import type { TensorValues } from '../eager/host-tensor.js';

/** One operation that ran. Tensors are given by their ids in the store. */
export interface RecordedOp {
  name: string;
  attrs: readonly NamedAttribute[];
  inputs: readonly number[];
  outputs: readonly number[];
}

/** A tensor made from host values. */
export interface RecordedConstant {
  shape: readonly number[];
  dtype: number;
  values: TensorValues;
}

/** The operations and constants of one call of a tfjs function. */
export class Recording {
  readonly ops: RecordedOp[] = [];
  readonly constants = new Map<number, RecordedConstant>();
  /** Tensors made during the call. */
  readonly made = new Set<number>();
  /** By tensor: the variable that the call read it from. */
  readonly variables = new Map<number, Variable>();

  constructor(
    readonly name: string,
    readonly inputs: readonly number[],
  ) {}

  addOp(op: RecordedOp): void {
    this.ops.push(op);
    for (const id of op.outputs) this.made.add(id);
  }

  addConstant(id: number, constant: RecordedConstant): void {
    this.constants.set(id, constant);
    this.made.add(id);
  }

  /** Tensors from outside that the operations or outputs use, in order of first use. */
  captured(outputs: readonly number[]): number[] {
    const inputs = new Set(this.inputs);
    const captured = new Set<number>();
    const visit = (id: number) => {
      if (!inputs.has(id) && !this.made.has(id)) captured.add(id);
    };
    for (const op of this.ops) op.inputs.forEach(visit);
    outputs.forEach(visit);
    return [...captured];
  }
}
