import { type DecoderConfig, decoderLayers, decoderSize, type MatrixSize } from '@grasp/decoder';
import type { RefitPlan } from './run-plan.js';

/**
 * The costs of a refit, the least-squares reconstruction of every `o_proj` and `down_proj`.
 *
 * Dims: N tokens, n kept inputs of an output matrix, d its outputs.
 */
export interface RefitCost {
  /** Floating-point operations of matrix products. */
  readonly operations: number;
  /** Floating-point operations of solving the normal equations, in float64. */
  readonly solveOperations: number;
  /** Memory in bytes, weights not counted. */
  readonly bytes: number;
}

/**
 * @param keep share of every sublayer's units that is kept
 * @param bytesPerElement bytes of one element in the weights' dtype
 */
export function refitCost(
  config: DecoderConfig,
  { tokens: N, streams, even }: RefitPlan,
  keep: number,
  bytesPerElement: number,
): RefitCost {
  const outputsOf = (share: number) =>
    decoderLayers(config, share).sublayers.map(({ cost }) => cost.outputMatrix!);
  const outputs = outputsOf(keep);
  const sumOver = (cost: (matrix: MatrixSize) => number) =>
    outputs.reduce((sum, matrix) => sum + cost(matrix), 0);
  // The text goes through all units of every sublayer. Scores and mixing are not counted.
  const passes = 2 * N * streams * decoderSize(config).sublayers.matrices;
  // Products of the inputs with themselves, with the outputs, and with the new matrix.
  const sums = sumOver(({ inputs: n, outputs: d }) => 2 * N * (n ** 2 + 2 * n * d));
  const d = config.hiddenSize;
  // A mask that is free to do so keeps some sublayers whole.
  const n = Math.max(0, ...outputsOf(even ? keep : 1).map(({ inputs }) => inputs));
  // Both streams of all text, and the inputs of one output matrix.
  const text = 2 * 4 * N * d + bytesPerElement * N * n;
  // The sums twice in float32, of the device and those that were read. Then the equations and their factor in float64.
  const equations = (2 * 4 + 3 * 8) * n ** 2 + (3 * 4 + 5 * 8) * n * d;
  return {
    operations: passes + sums,
    // A Cholesky factor, and two triangular solves for each output.
    solveOperations: sumOver(({ inputs, outputs }) => inputs ** 3 / 3 + 2 * inputs ** 2 * outputs),
    bytes: text + equations,
  };
}
