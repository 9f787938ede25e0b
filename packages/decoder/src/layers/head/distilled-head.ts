import * as tf from '@tensorflow/tfjs-core';
import { LOSS_ENTRIES } from '../../costs/head-cost.js';
import {
  type DistillationInputs,
  distillation,
  type TeacherLogits,
  topLogits,
} from '../../math/head/distillation.js';
import { namedFunction } from '../../runtime/named-function.js';
import type { Runtime } from '../../runtime/runtime.js';

/** What the head should predict, for `N` tokens. */
export interface DistillationTargets {
  /** The next tokens, `[N]`. */
  readonly next: Int32Array;
  /** The weight of each token in the loss, `[N]`. */
  readonly weights: Float32Array;
  readonly teacher?: TeacherLogits | undefined;
  /** The teacher's share of the loss, in [0, 1]. */
  readonly share: number;
}

/** Losses and gradients of {@link DistillationTargets}, for the weighted sum over the tokens. */
export interface DistilledHead {
  readonly nll: tf.Tensor; //                [N]
  readonly kl: tf.Tensor | undefined; //     [N]
  readonly dHidden: tf.Tensor; //            [N, d]
  readonly dHead: tf.Tensor | undefined; //  [V, d]
}

/** Fewest tokens of a piece: fewer would read the head's matrix too often. */
const LEAST_TOKENS = 32;

/** Functions of the head that need all logits of a token together. They go through the tokens in pieces. */
export function distilledHead(runtime: Runtime, cap: number | undefined) {
  const lossOf = (withHead: boolean) =>
    namedFunction(runtime, withHead ? 'distillation-with-head' : 'distillation', (i: DistillationInputs) => ({
      ...distillation(runtime, i, cap, withHead),
    }));
  const loss = { frozen: lossOf(false), trained: lossOf(true) };
  const tops = new Map<number, (i: { hidden: tf.Tensor; head: tf.Tensor }) => ReturnType<typeof topLogits>>();
  const topOf = (k: number) => {
    const known = tops.get(k) ?? namedFunction(runtime, 'top-logits', (i) => topLogits(runtime, i, cap, k));
    tops.set(k, known);
    return known;
  };
  const pieceOf = (V: number) => Math.max(LEAST_TOKENS, 2 ** Math.floor(Math.log2(LOSS_ENTRIES / V)));

  return {
    /** @param hidden after the final norm, `[N, d]`. */
    loss(hidden: tf.Tensor, head: tf.Tensor, targets: DistillationTargets, withHead: boolean): DistilledHead {
      const V = head.shape[0]!;
      const run = withHead ? loss.trained : loss.frozen;
      let dHead: tf.Tensor | undefined;
      const parts = pieces(hidden, pieceOf(V)).map(([start, rows]) => {
        const inputs = tensorsOf(targets, V, start, rows.shape[0]!);
        const { dHead: own, ...part } = run({ hidden: rows, head, ...inputs });
        tf.dispose(inputs);
        if (own) dHead = dHead ? sumOf(dHead, own) : own; // one of them is as large as the head
        return part;
      });
      return {
        nll: tf.concat(parts.map(({ nll }) => nll)),
        kl: targets.teacher && tf.concat(parts.map(({ kl }) => kl!)),
        dHidden: tf.concat(parts.map(({ dHidden }) => dHidden)),
        dHead,
      };
    },

    /** The `k` largest log-probabilities of each token, `[N, k]` both. */
    top(hidden: tf.Tensor, head: tf.Tensor, k: number): { ids: tf.Tensor; logProbabilities: tf.Tensor } {
      const parts = pieces(hidden, pieceOf(head.shape[0]!)).map(([, rows]) =>
        topOf(k)({ hidden: rows, head }),
      );
      return {
        ids: tf.concat(parts.map(({ ids }) => ids)),
        logProbabilities: tf.concat(parts.map(({ logProbabilities }) => logProbabilities)),
      };
    },
  };
}

/** The sum of two tensors, which are disposed of. */
function sumOf(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const sum = tf.add(a, b);
  tf.dispose([a, b]);
  return sum;
}

/** Rows of a matrix in pieces of at most `size`, each with its first row. */
function pieces(x: tf.Tensor, size: number): [start: number, rows: tf.Tensor][] {
  const [N, d] = x.shape as [number, number];
  if (N <= size) return [[0, x]];
  return Array.from({ length: Math.ceil(N / size) }, (_, piece) => {
    const start = piece * size;
    return [start, tf.slice(x, [start, 0], [Math.min(size, N - start), d])];
  });
}

function tensorsOf(
  { next, weights, teacher, share }: DistillationTargets,
  V: number,
  start: number,
  n: number,
) {
  const k = teacher ? teacher.ids.length / next.length : 0;
  const places = (ids: Int32Array, width: number) => {
    const part = ids.subarray(start * width, (start + n) * width);
    return tf.tensor1d(
      part.map((id, at) => Math.floor(at / width) * V + id),
      'int32',
    );
  };
  return {
    next: places(next, 1),
    weight: tf.tensor2d(weights.subarray(start, start + n), [n, 1]),
    ...(teacher
      ? {
          listed: places(teacher.ids, k),
          logProbabilities: tf.tensor2d(teacher.logProbabilities.subarray(start * k, (start + n) * k), [
            n,
            k,
          ]),
          share: tf.scalar(share),
        }
      : {}),
  };
}
