import type { NamedAttribute } from '../c-api/attributes.js';
import type { TensorValues } from '../eager/tensor-store.js';

/** One operation as it ran. Tensors are named by the ids of the store. */
export interface RecordedOp {
  name: string;
  attrs: readonly NamedAttribute[];
  inputs: readonly number[];
  outputs: readonly number[];
}

export interface RecordedConstant {
  shape: readonly number[];
  dtype: number;
  values: TensorValues;
}

/** Everything a tfjs function did between two points: operations, and tensors it made from host values. */
export class Recording {
  readonly ops: RecordedOp[] = [];
  readonly constants = new Map<number, RecordedConstant>();
  /** Tensors that came into being inside. */
  readonly made = new Set<number>();

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

  /** Tensors from outside that the recorded operations use, in order of first use. */
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
