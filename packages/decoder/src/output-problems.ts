/**
 * Walks the sublayers from the bottom up to fit their output matrices anew (`refitOutputs` of `@grasp/fold`).
 *
 * Dims: N tokens of a batch, d hidden, U·w inputs of the matrix (`w` for each of `U` units), n of them of kept units,
 * P ≥ n of computed units.
 */
import type { OutputProblem } from '@grasp/fold';
import * as tf from '@tensorflow/tfjs-core';
import { namedFunction } from './named-function.js';
import type { RotaryTable } from './rotary.js';
import type { Runtime } from './runtime.js';
import type { Sublayer } from './sublayer.js';
import { projectionName } from './tensor-names.js';
import type { TokenBatch } from './token-batch.js';

/** What the walk needs of a decoder. */
export interface OutputWalk {
  readonly runtime: Runtime;
  readonly sublayers: readonly Sublayer[];
  /** Units of the model. */
  readonly size: number;
  embed(ids: Int32Array): tf.Tensor;
  /** The caller disposes of it. */
  rotary(tokens: number): RotaryTable;
}

/** One batch on its way up: what reaches the present sublayer, and what that should make of it. */
interface Stream {
  readonly rotary: RotaryTable;
  x: tf.Tensor; //                  [N, d]
  /** The dense model's own stream, where part of the gap to it is to be recovered. */
  dense?: tf.Tensor; //             [N, d]
  wanted?: tf.Tensor; //            [N, d]
}

type Sums = { readonly gram: tf.Tensor; readonly cross: tf.Tensor; readonly squares: tf.Tensor };

export async function* outputProblems(
  walk: OutputWalk,
  batches: readonly TokenBatch[],
  mask: Uint8Array,
  recover: number,
): AsyncGenerator<OutputProblem, void, Float32Array> {
  const open = new Float32Array(walk.size).fill(1);
  const gates = Float32Array.from(mask);
  const { target, sums, moreSums } = walkFunctions(walk.runtime);
  const streams: Stream[] = batches.map(({ ids, shape }) => {
    const x = tf.keep(walk.embed(ids));
    return { rotary: walk.rotary(shape[1]), x, ...(recover > 0 ? { dense: tf.keep(x.clone()) } : {}) };
  });
  try {
    for (const sublayer of walk.sublayers) {
      sublayer.setGates(open, 'kept');
      const matrix = await toFloat32(walk.runtime, sublayer.outputMatrix); // [U·w, d], units in their own order
      for (const stream of streams) {
        const output = sublayer.outputMatrix;
        const { x, dense, rotary } = stream;
        stream.wanted = keepOne(
          () =>
            target({ h: sublayer.outputInputs(x, rotary), output, ...(dense ? gap(dense, x, recover) : {}) })
              .wanted,
        );
        if (dense) {
          stream.dense = tf.keep(sublayer.forward(dense, rotary));
          dense.dispose();
        }
      }
      sublayer.setGates(gates, 'kept');
      let total: Sums | undefined;
      for (const stream of streams) {
        const earlier = total;
        total = tf.tidy(() => {
          const inputs = { h: sublayer.outputInputs(stream.x, stream.rotary), wanted: stream.wanted! };
          return earlier ? moreSums({ ...inputs, ...earlier }) : sums(inputs);
        });
        tf.dispose([stream.wanted!, ...(earlier ? Object.values(earlier) : [])]);
        delete stream.wanted;
      }
      const problem = await problemOf(sublayer, mask, matrix, total!);
      tf.dispose(Object.values(total!));
      const answer = yield problem;
      replaceRows(sublayer, matrix, problem, answer);
      for (const stream of streams) {
        const y = sublayer.forward(stream.x, stream.rotary);
        stream.x.dispose();
        stream.x = tf.keep(y);
      }
    }
  } finally {
    for (const { x, dense, wanted, rotary } of streams) {
      const left = [x, dense, wanted, rotary.cos, rotary.sin];
      tf.dispose(left.filter((tensor) => tensor !== undefined));
    }
  }
}

type Target = {
  readonly h: tf.Tensor; //                    [N, U·w]
  readonly output: tf.Tensor; //               [U·w, d]
  readonly missing?: tf.Tensor | undefined; // [N, d]
  readonly share?: tf.Tensor | undefined; //   []
};

function gap(dense: tf.Tensor, x: tf.Tensor, share: number) {
  return { missing: tf.sub(dense, x), share: tf.scalar(share) };
}

function walkFunctions(runtime: Runtime) {
  type Inputs = { readonly h: tf.Tensor; readonly wanted: tf.Tensor }; // [N, P], [N, d]
  const sumsOf = ({ h, wanted }: Inputs): Sums => ({
    gram: runtime.matMul(h, h, true, false), //          [P, P]
    cross: runtime.matMul(h, wanted, true, false), //    [P, d]
    squares: tf.sum(tf.square(wanted)), //               []
  });
  return {
    target: namedFunction(runtime, 'refit-target', ({ h, output, missing, share }: Target) => {
      const own = runtime.matMul(h, output); // [N, d]
      return { wanted: missing && share ? tf.add(own, tf.mul(missing, share)) : own };
    }),
    sums: namedFunction(runtime, 'refit-sums', sumsOf),
    moreSums: namedFunction(runtime, 'refit-more-sums', ({ h, wanted, ...total }: Inputs & Sums): Sums => {
      const more = sumsOf({ h, wanted });
      return {
        gram: tf.add(total.gram, more.gram),
        cross: tf.add(total.cross, more.cross),
        squares: tf.add(total.squares, more.squares),
      };
    }),
  };
}

/** The sums of the kept units' inputs: they come first among the computed ones, in their own order. */
async function problemOf(
  { block, arrangement, outputMatrix }: Sublayer,
  mask: Uint8Array,
  matrix: Float32Array,
  sums: Sums,
): Promise<OutputProblem> {
  const [P, m] = outputMatrix.shape as [number, number];
  const width = P / arrangement.computed;
  const kept: number[] = [];
  for (let unit = 0; unit < block.count; unit++) if (mask[block.start + unit] !== 0) kept.push(unit);
  const columns = Uint32Array.from(
    kept.flatMap((unit) => Array.from({ length: width }, (_, i) => unit * width + i)),
  );
  const n = columns.length;
  const all = await sums.gram.data<'float32'>();
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) gram.set(all.subarray(i * P, i * P + n), i * n);
  const weights = new Float32Array(n * m);
  columns.forEach((column, i) => {
    weights.set(matrix.subarray(column * m, (column + 1) * m), i * m);
  });
  return {
    block,
    tensor: projectionName(block.layer, block.kind === 'kv' ? 'o' : 'down', 'weight'),
    columns,
    inputs: n,
    outputs: m,
    gram,
    cross: (await sums.cross.data<'float32'>()).subarray(0, n * m),
    squares: (await sums.squares.data())[0]!,
    weights,
  };
}

/** Puts the answer where it belongs in the whole matrix. */
function replaceRows(
  sublayer: Sublayer,
  matrix: Float32Array,
  { columns, outputs: m }: OutputProblem,
  answer: Float32Array,
): void {
  columns.forEach((column, i) => {
    matrix.set(answer.subarray(i * m, (i + 1) * m), column * m);
  });
  const tensor = tf.tensor2d(matrix, [matrix.length / m, m]);
  sublayer.setOutputMatrix(tensor);
  tensor.dispose();
}

function keepOne(compute: () => tf.Tensor): tf.Tensor {
  return tf.keep(tf.tidy(compute));
}

async function toFloat32(runtime: Runtime, matrix: tf.Tensor): Promise<Float32Array> {
  const wide = runtime.bfloat16 ? runtime.bfloat16.toFloat32(matrix) : matrix.clone();
  const values = await wide.data<'float32'>();
  wide.dispose();
  return values.slice();
}
