/** A row of a matrix that is quantised. */
export interface Row {
  readonly values: Float32Array;
  /** Position of its first value. */
  readonly from: number;
  readonly columns: number;
  /** Importance of each column, `[columns]`: usually the mean square of the activations it meets. */
  readonly importance?: Float32Array | undefined;
}

/** Stores a scale as float16 at `at` and returns the value it has there. Throws if that is infinite or NaN. */
export type PutScale = (at: number, scale: number) => number;

/** Writes the blocks of a row from `to` on. */
export type RowQuantizer = (row: Row, out: Uint8Array, to: number, putScale: PutScale) => void;

const f = Math.fround;

/** Sum of the squares of `count` values from `from` on, in float32. */
export function sumOfSquares(values: Float32Array, from: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum = f(sum + f(values[from + i]! * values[from + i]!));
  return sum;
}

/** Weights of values by the importance of their columns: a value counts more if it is large compared with `variance`. */
export function importanceWeights(
  weights: Float32Array,
  values: Float32Array,
  from: number,
  importance: Float32Array,
  column: number,
  variance: number,
): void {
  for (let i = 0; i < weights.length; i++) {
    const value = values[from + i]!;
    weights[i] = importance[column + i]! * f(Math.sqrt(f(variance + f(value * value))));
  }
}
