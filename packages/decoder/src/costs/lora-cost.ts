import type { MatrixSize } from './layer-cost.js';

type Matrices = Readonly<Record<string, MatrixSize>>;

/** Inputs and outputs of all matrices, added up. */
export function matrixSides(matrices: Matrices): MatrixSize {
  const sizes = Object.values(matrices);
  return {
    inputs: sizes.reduce((sum, { inputs }) => sum + inputs, 0),
    outputs: sizes.reduce((sum, { outputs }) => sum + outputs, 0),
  };
}

/** Operations of `(x·A)·B` for every matrix. */
export function loraForwardOperations(matrices: Matrices, tokens: number, rank: number): number {
  const { inputs, outputs } = matrixSides(matrices);
  return 2 * tokens * rank * (inputs + outputs);
}

/**
 * Operations of the backward pass for every matrix: `x·A` again, `dy·Bᵀ`, and the gradients of `A`, `B` and `x`.
 */
export function loraBackwardOperations(matrices: Matrices, tokens: number, rank: number): number {
  const { inputs, outputs } = matrixSides(matrices);
  return 2 * tokens * rank * (3 * inputs + 2 * outputs);
}
