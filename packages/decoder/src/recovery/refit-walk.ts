/**
 * Walks the sublayers from the bottom up for `refitOutputs` of `@grasp/fold`. Nothing is changed on the way: each new
 * matrix serves the walk as a tensor of its own. In a sublayer with a norm on its output, the refit solves for what comes
 * before that norm.
 *
 * Dims: N tokens of a batch, d hidden, U·w inputs of an output matrix (`w` for each of `U` units), n of them of kept
 * units, P ≥ n of computed units.
 */
import type { OutputProblem, RefitStep, RefitWalk } from '@grasp/fold';
import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import { type Pass, PreparedLayers } from '../layers/prepared-layers.js';
import { disposePositions, type Positions } from '../layers/rotary-positions.js';
import { splitParameters, withFixedUnits } from '../layers/split-parameters.js';
import type { Sublayer } from '../layers/sublayer.js';
import { predictingStates } from '../math/head/teacher-targets.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { Runtime } from '../runtime/runtime.js';
import type { TokenBatch } from '../token-batch.js';
import { type Permutation, permutationOf, rowsOfUnits } from '../weights/permutation.js';
import { outputProblem, withSolution } from './output-problem.js';
import { type RefitSums, refitFunctions } from './refit-sums.js';

/** One batch on its way up. */
interface Stream {
  readonly positions: Positions;
  /** The input of the present sublayer. */
  x: tf.Tensor; //          [N, d]
  /** The dense model's own stream, if errors are compensated. */
  dense?: tf.Tensor; //     [N, d]
  /** The inputs of the output matrix, of the computed units. */
  inputs?: tf.Tensor; //    [N, P]
}

/** New rows of an output matrix, units in their own order. */
export interface RefittedRows {
  readonly sublayer: Sublayer;
  readonly rows: Uint32Array;
  /** `[n, d]` */
  readonly values: Float32Array;
}

/**
 * @param rows receives the new rows of each sublayer.
 * @throws DecoderStateError if the decoder's weights are replaced meanwhile.
 */
export async function* refitWalk(
  parts: DecoderParts,
  batches: readonly TokenBatch[],
  given: Uint8Array,
  { compensation, teacherBatches, solve }: RefitWalk,
  rows: RefittedRows[],
): AsyncGenerator<RefitStep, void, undefined> {
  const { runtime, sublayers, head, positions } = parts;
  const mask = withFixedUnits(parts, given);
  const gates = Float32Array.from(mask);
  const { normEpsilon: epsilon, residualScale } = parts.config;
  const functions = refitFunctions(runtime, { epsilon, residualScale });
  const dense = new PreparedLayers(parts, splitParameters(parts, {}, 'kept'));
  const streams: Stream[] = batches.map(({ ids, shape }) => {
    const x = tf.tidy(() => tf.keep(head.embed(ids)));
    return {
      positions: positions.range(0, shape[1]),
      x,
      ...(compensation > 0 ? { dense: tf.keep(x.clone()) } : {}),
    };
  });
  try {
    for (const [i, sublayer] of sublayers.entries()) {
      const permutation = permutationOf(sublayer.block, gates);
      const { sums, matrix } = sumOver(streams, {
        ...{ dense, functions, runtime, i, permutation },
        compensation: compensation / residualScale,
      });
      const { whole, problem } = await problemOf(sublayer, mask, permutation, matrix, sums);
      const values = solve(problem);
      rows.push({ sublayer, rows: problem.columns, values });
      const refitted = withSolution(whole, problem, values);
      moveOn(streams, dense.passOf(i), functions, computedRows(refitted, permutation, sublayer.block.count));
      const { block } = sublayer;
      if (block.start < parts.layout.size) yield { kind: 'sublayer', block }; // the others cannot be pruned
    }
    for (const [batch, { dense: top }] of streams.entries()) {
      if (!top || batch >= teacherBatches) continue;
      const { shape } = batches[batch]!;
      const targets = tf.tidy(() => head.teacherRows(predictingStates(top, shape), dense.norm));
      yield { kind: 'teacher', batch, targets: await readTensor(targets) };
    }
  } finally {
    dense.dispose();
    for (const { x, dense: top, inputs, positions: ofRows } of streams) {
      disposePositions(ofRows);
      tf.dispose([x, top, inputs].filter((tensor) => tensor !== undefined));
    }
  }
}

interface Sublayers {
  /** All units. */
  readonly dense: PreparedLayers;
  readonly functions: ReturnType<typeof refitFunctions>;
  readonly runtime: Runtime;
  /** The present sublayer. */
  readonly i: number;
  /** Of the mask. */
  readonly permutation: Permutation;
  /** Share of the gap to the dense stream that the target includes, in units of the output matrix's product. */
  readonly compensation: number;
}

/**
 * Sums of the present sublayer over all batches, and its output matrix in float32, `[U·w, d]`. Synchronous, as the
 * weights lie in the dense order meanwhile.
 */
function sumOver(
  streams: readonly Stream[],
  { dense, functions, runtime, i, permutation, compensation }: Sublayers,
): { sums: RefitSums; matrix: tf.Tensor } {
  let total: RefitSums | undefined;
  const matrix = dense.run((passes) => {
    const { sublayer, tensors } = passes[i]!;
    const { outputMatrix } = sublayer;
    const width = outputMatrix.shape[0]! / sublayer.block.count;
    const { order, computed } = permutation;
    const columns = tf.tensor1d(rowsOfUnits(order.subarray(0, computed), width), 'int32'); // [P]
    for (const stream of streams) {
      const { x, dense: top, positions } = stream;
      const earlier = total;
      const { inputs, ...sums } = sublayer.run(() =>
        tf.tidy(() => {
          const h = sublayer.outputInputs(x, tensors, positions);
          // A norm after the matrix would change what is added to its product.
          const gap = top &&
            !tensors.postNorm && {
              gap: tf.sub(top, x),
              share: tf.scalar(compensation),
            };
          return functions.sums({ h, output: outputMatrix, columns, ...gap, ...earlier });
        }),
      );
      stream.inputs = tf.keep(inputs);
      total = sums;
      for (const tensor of Object.values(sums)) tf.keep(tensor);
      if (earlier) tf.dispose(Object.values(earlier));
      if (top) {
        stream.dense = tf.keep(sublayer.forward(top, tensors, positions));
        top.dispose();
      }
    }
    return runtime.bfloat16 ? runtime.bfloat16.toFloat32(outputMatrix) : outputMatrix.clone();
  });
  return { sums: total!, matrix };
}

/** The problem of the sums, and the whole output matrix, `[U·w, d]`. The tensors are disposed of, also if reading fails. */
async function problemOf(
  { block }: Sublayer,
  mask: Uint8Array,
  permutation: Permutation,
  matrix: tf.Tensor,
  sums: RefitSums,
): Promise<{ readonly whole: Float32Array; readonly problem: OutputProblem }> {
  try {
    const whole = await readTensor(matrix);
    return { whole, problem: await outputProblem(block, mask, permutation, whole, sums) };
  } finally {
    tf.dispose(Object.values(sums));
  }
}

/** Moves every stream past the sublayer with its new output matrix. `output` has the computed rows of that matrix. */
function moveOn(
  streams: readonly Stream[],
  { sublayer, tensors }: Pass,
  { output: apply }: ReturnType<typeof refitFunctions>,
  rows: { readonly values: Float32Array; readonly shape: [number, number] },
): void {
  const output = tf.tensor2d(rows.values, rows.shape); // [P, d]
  for (const stream of streams) {
    const { x, inputs: h } = stream;
    const inputs = { x, inner: h!, matrix: output, bias: sublayer.outputBias, postNorm: tensors.postNorm };
    const { y } = sublayer.run(() => apply(inputs));
    tf.dispose([x, h!]);
    stream.x = tf.keep(y);
    delete stream.inputs;
  }
  output.dispose();
}

/** The rows of a matrix that belong to computed units, permuted: `[P, d]`. */
function computedRows(
  matrix: { readonly values: Float32Array; readonly columns: number },
  { order, computed }: Permutation,
  units: number,
): { values: Float32Array; shape: [number, number] } {
  const { values, columns: d } = matrix;
  const indices = rowsOfUnits(order.subarray(0, computed), values.length / d / units);
  const rows = new Float32Array(indices.length * d);
  indices.forEach((row, at) => {
    rows.set(values.subarray(row * d, (row + 1) * d), at * d);
  });
  return { values: rows, shape: [indices.length, d] };
}
