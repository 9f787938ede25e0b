/** What an optimiser remembers: plain data, so that it can be saved. */
export interface OptimizerState {
  /** Updates made. */
  readonly step: number;
  /** Named vectors of one entry per parameter, such as moments. */
  readonly vectors: Readonly<Record<string, Float32Array>>;
}

/** Two functions over plain data, in the manner of gradient transformations. */
export interface Optimizer {
  /** The state before the first update of `size` parameters. */
  init(size: number): OptimizerState;
  /**
   * One update. Parameters and the state's vectors are overwritten; the state returned shares them and replaces the
   * one passed.
   */
  update(parameters: Float32Array, gradients: Float32Array, state: OptimizerState): OptimizerState;
}
