/**
 * Walks the sublayers from the bottom up to fit their output matrices anew (`refitOutputs` of `@grasp/fold`).
 *
 * Dims: N tokens of a batch, d hidden, U·w inputs of the matrix (`w` for each of `U` units), n of them of kept units,
 * P ≥ n of computed units.
 */
import type { OutputProblem } from '@grasp/fold';
import * as tf from '@tensorflow/tfjs-core';
import { arrange } from '../weights/permutation.js';
import { namedFunction } from '../runtime/named-function.js';
import type { RotaryTable } from '../math/rotary.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Sublayer } from '../layers/sublayer.js';
import { projectionName } from '../weights/tensor-names.js';
import type { TokenBatch } from '../token-batch.js';

/** What the walk needs of a decoder. */
export interface OutputWalk {
  readonly runtime: Runtime;
  readonly sublayers: readonly Sublayer[];
  /** Units of the model. */
  readonly size: number;
  embed(ids: Int32Array): tf.Tensor;
  /** The caller disposes of it. */
  rotary(tokens: number): RotaryTable;
  /** Takes a batch's dense stream, `[N, d]`, as it leaves the last layer. */
  atTop(dense: tf.Tensor, batch: number): Promise<void>;
}

/** One batch on its way up. */
interface Stream {
  readonly rotary: RotaryTable;
  /** What reaches the present sublayer. */
  x: tf.Tensor; //                  [N, d]
  /** The dense model's own stream, where part of the gap to it is to be recovered. */
  dense?: tf.Tensor; //             [N, d]
  /** What the output matrix multiplies, of the units that will be computed. */
  inputs?: tf.Tensor; //            [N, P]
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
  const sums = sumsFunction(walk.runtime);
  const outputs = outputFunction(walk.runtime);
  const streams: Stream[] = batches.map(({ ids, shape }) => {
    const x = tf.keep(walk.embed(ids));
    return { rotary: walk.rotary(shape[1]), x, ...(recover > 0 ? { dense: tf.keep(x.clone()) } : {}) };
  });
  try {
    for (const sublayer of walk.sublayers) {
      sublayer.setGates(open, 'kept');
      const matrix = await toFloat32(walk.runtime, sublayer.outputMatrix); // [U·w, d], units in their own order
      const columns = computedColumns(sublayer, gates);
      let total: Sums | undefined;
      for (const stream of streams) {
        const { x, dense, rotary } = stream;
        const earlier = total;
        const { computed, ...sum } = sublayer.run(() =>
          tf.tidy(() => {
            const h = sublayer.outputInputs(x, rotary);
            const missing = dense && { missing: tf.sub(dense, x), share: tf.scalar(recover) };
            return sums({ h, output: sublayer.outputMatrix, columns, ...missing, ...earlier });
          }),
        );
        stream.inputs = tf.keep(computed);
        total = sum;
        if (earlier) tf.dispose(Object.values(earlier));
        if (dense) {
          stream.dense = tf.keep(sublayer.forward(dense, rotary));
          dense.dispose();
        }
      }
      columns.dispose();
      sublayer.setGates(gates, 'kept');
      const problem = await problemOf(sublayer, mask, matrix, total!);
      tf.dispose(Object.values(total!));
      const answer = yield problem;
      replaceRows(sublayer, matrix, problem, answer);
      for (const stream of streams) {
        const { x, inputs: h } = stream;
        const { outputMatrix: output, outputBias: bias } = sublayer;
        const { y } = sublayer.run(() => outputs({ x, h: h!, output, bias }));
        tf.dispose([x, h!]);
        stream.x = tf.keep(y);
        delete stream.inputs;
      }
    }
    for (const [batch, { dense }] of streams.entries()) if (dense) await walk.atTop(dense, batch);
  } finally {
    for (const { x, dense, inputs, rotary } of streams)
      tf.dispose([x, rotary.cos, rotary.sin, dense, inputs].filter((tensor) => tensor !== undefined));
  }
}

type SumInputs = Partial<Sums> & {
  readonly h: tf.Tensor; //                    [N, U·w]
  readonly output: tf.Tensor; //               [U·w, d]
  readonly columns: tf.Tensor; //              [P] of `h`
  readonly missing?: tf.Tensor | undefined; // [N, d] what the stream is short of the dense one
  readonly share?: tf.Tensor | undefined; //   [] of it that is wanted
};

type OutputInputs = {
  readonly x: tf.Tensor; //                  [N, d]
  readonly h: tf.Tensor; //                  [N, P]
  readonly output: tf.Tensor; //             [P, d]
  readonly bias?: tf.Tensor | undefined; //  [d]
};

/** The sublayer's output by the new matrix: all below it is as it was. */
function outputFunction(runtime: Runtime) {
  return namedFunction(runtime, 'refit-output', ({ x, h, output, bias }: OutputInputs) => {
    const y = tf.add(x, runtime.matMul(h, output)); // [N, d]
    return { y: bias ? tf.add(y, bias) : y };
  });
}

/** What one batch adds to the sums, and the inputs of the units that will be computed. */
function sumsFunction(runtime: Runtime) {
  return namedFunction(
    runtime,
    'refit-sums',
    ({ h, output, columns, missing, share, ...earlier }: SumInputs): Sums & { computed: tf.Tensor } => {
      const own = runtime.matMul(h, output); // [N, d]
      const wanted = missing && share ? tf.add(own, tf.mul(missing, share)) : own;
      const kept = tf.gather(h, columns, 1); // [N, P]
      // In float32 whatever the weights are: a product of bfloat16 is rounded to it, and a rounded Gram matrix need not
      // be positive definite.
      const gram = runtime.matMul(kept, kept, true, false); // [P, P]
      const cross = runtime.matMul(kept, wanted, true, false); // [P, d]
      const computed = runtime.bfloat16?.is(output) ? runtime.bfloat16.fromFloat32(kept) : kept;
      const squares = tf.sum(tf.square(wanted)); // []
      if (!earlier.gram || !earlier.cross || !earlier.squares) return { gram, cross, squares, computed };
      return {
        computed,
        gram: tf.add(earlier.gram, gram),
        cross: tf.add(earlier.cross, cross),
        squares: tf.add(earlier.squares, squares),
      };
    },
  );
}

/** The inputs of the units that the gates leave to compute, in the order they will have then: `[P]`. */
function computedColumns({ block, outputMatrix }: Sublayer, gates: Float32Array): tf.Tensor {
  const width = outputMatrix.shape[0]! / block.count;
  const { order, computed } = arrange(block, gates);
  const columns = Array.from(
    { length: computed * width },
    (_, i) => order[Math.floor(i / width)]! * width + (i % width),
  );
  return tf.tensor1d(columns, 'int32');
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

async function toFloat32(runtime: Runtime, matrix: tf.Tensor): Promise<Float32Array> {
  const wide = runtime.bfloat16 ? runtime.bfloat16.toFloat32(matrix) : matrix.clone();
  const values = await wide.data<'float32'>();
  wide.dispose();
  return values.slice();
}
