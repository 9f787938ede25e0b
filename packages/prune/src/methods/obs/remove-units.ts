import * as tf from '@tensorflow/tfjs-core';
import { MethodError } from '../errors.js';
import { invertDefinite } from './invert-definite.js';

/** One output matrix whose units are to be removed. `n = units · width` columns. */
export interface ObsProblem {
  /** Name of the matrix, for messages. */
  readonly tensor: string;
  /** `W [d, n]`, row-major. */
  readonly weight: Float32Array;
  /** `E[h hᵀ] [n, n]` of its inputs, up to a factor. */
  readonly inputs: Float32Array;
  /** `F [d, d]`: how much an error of the output matters. Default: the identity, plain reconstruction. */
  readonly outputs?: Float32Array;
  /** Columns of each unit. */
  readonly width: number;
  /** Units that stay. */
  readonly keep: number;
  /** 1 for each unit that has to be among them. */
  readonly protect?: Uint8Array;
}

/** Added to the diagonal of `E[h hᵀ]`, as a share of its mean. */
const DAMPING = 0.01;
/** The same where rounding made a matrix indefinite, which large activations can. */
const MORE_DAMPING = 0.1;
/** Columns that go at once, or this share of all, if that is more. */
const AT_ONCE = { columns: 48, share: 1 / 32 };

/**
 * Optimal brain surgeon on the columns of an output matrix: the units whose removal costs least, each time after the other
 * columns have taken over what those before did. The cost of a unit with columns `S` is
 * `½ tr(([H⁻¹]_SS)⁻¹ · (Wᵀ F W)_SS)`; removing it updates `W ← W − W_S ([H⁻¹]_SS)⁻¹ [H⁻¹]_S`, and `H⁻¹` likewise (Hassibi
 * and Stork 1992, for columns as in SlimGPT, arXiv 2412.18110, and OSSCAR, 2403.12983).
 *
 * @returns 1 for each unit that stays.
 * @throws MethodError if a part of `E[h hᵀ]` has no inverse, or more units are protected than may stay.
 */
export async function removeUnits(problem: ObsProblem): Promise<Uint8Array> {
  const { width, keep, protect } = problem;
  const n = Math.sqrt(problem.inputs.length);
  const kept = new Uint8Array(n / width).fill(1);
  const atOnce = Math.max(1, Math.floor(Math.max(AT_ONCE.columns, AT_ONCE.share * n) / width));
  const invert: Invert = async (a) => {
    const inverse = (await invertDefinite(a)) ?? (await invertDamped(a));
    if (inverse) return inverse;
    throw new MethodError(
      `${problem.tensor}: optimal brain surgeon cannot invert the second moments of its inputs: activations are not finite, or ` +
        'too large for float32. Choose by another method, or on other text.',
    );
  };
  let state = await start(problem, n, invert);
  try {
    for (let left = kept.length - keep; left > 0; ) {
      const costs = await costsOf(state, kept, width, invert);
      const free = [...kept.keys()].filter((unit) => kept[unit] === 1 && protect?.[unit] !== 1);
      const order = free.sort((a, b) => costs[a]! - costs[b]!);
      const gone = order.slice(0, Math.min(left, atOnce));
      if (gone.length === 0)
        throw new MethodError(
          `${problem.tensor}: ${keep} units may stay, and more are protected. Protect fewer.`,
        );
      for (const unit of gone) kept[unit] = 0;
      left -= gone.length;
      if (left === 0) break;
      const columns = gone.flatMap((unit) => Array.from({ length: width }, (_, i) => unit * width + i));
      const next = await without(state, columns, invert);
      tf.dispose({ ...state });
      state = next;
    }
    return kept;
  } finally {
    tf.dispose({ ...state });
  }
}

/** The inverse of a matrix with more on its diagonal. */
async function invertDamped(a: tf.Tensor2D): Promise<tf.Tensor2D | undefined> {
  const damped = tf.tidy(() => {
    const diagonal = tf.mul(tf.eye(a.shape[0]), a);
    const mean = tf.div(tf.sum(tf.abs(diagonal)), a.shape[0]);
    return tf.add<tf.Tensor2D>(a, tf.mul(tf.eye(a.shape[0]), tf.mul(mean, MORE_DAMPING)));
  });
  return invertDefinite(damped).finally(() => damped.dispose());
}

/** `W`, `F W` and `H⁻¹` of what is left; rows and columns of removed units are about 0. */
interface Surgery {
  readonly weight: tf.Tensor2D;
  readonly weighted: tf.Tensor2D;
  readonly inverse: tf.Tensor2D;
}

/** `A⁻¹` of a definite `A [n, n]`. */
type Invert = (a: tf.Tensor2D) => Promise<tf.Tensor2D>;

async function start({ weight, inputs, outputs }: ObsProblem, n: number, invert: Invert): Promise<Surgery> {
  const damped = inputs.slice();
  const mean = inputs.reduce((sum, x, i) => (i % (n + 1) === 0 ? sum + x : sum), 0) / n;
  for (let i = 0; i < n; i++) damped[i * (n + 1)]! += DAMPING * (mean || 1);
  const moments = tf.tensor2d(damped, [n, n]);
  const inverse = await invert(moments).finally(() => moments.dispose());
  const d = weight.length / n;
  const w = tf.tensor2d(weight, [d, n]);
  const weighted = outputs
    ? tf.tidy(() => tf.matMul<tf.Tensor2D>(tf.tensor2d(outputs, [d, d]), w))
    : w.clone();
  return { weight: w, weighted, inverse };
}

/** The cost of each unit that is left; of the others, anything. */
async function costsOf(
  { weight, weighted, inverse }: Surgery,
  kept: Uint8Array,
  width: number,
  invert: Invert,
): Promise<Float64Array> {
  const n = kept.length * width;
  const costs = new Float64Array(kept.length);
  for (const unit of width === 1 ? [] : kept.keys()) {
    if (kept[unit] === 0) continue;
    const parts = tf.tidy(() => {
      const columns = (x: tf.Tensor2D) => tf.slice(x, [0, unit * width], [-1, width]);
      return [
        tf.slice(inverse, [unit * width, unit * width], [width, width]),
        tf.matMul(columns(weight), columns(weighted), true, false),
      ];
    });
    const [own, products] = parts as [tf.Tensor2D, tf.Tensor2D];
    try {
      const curvature = await invert(own);
      const cost = tf.tidy(() => tf.sum(tf.mul(products, curvature)));
      curvature.dispose();
      const [value] = await cost.data();
      cost.dispose();
      costs[unit] = value! / 2;
    } finally {
      tf.dispose(parts);
    }
  }
  if (width > 1) return costs;
  const parts = tf.tidy(() => [
    tf.sum(tf.mul(weight, weighted), 0),
    tf.gather(tf.reshape(inverse, [-1]), tf.range(0, n * n, n + 1, 'int32')),
  ]);
  const [products, diagonal] = await Promise.all(parts.map((part) => part.data<'float32'>()));
  tf.dispose(parts);
  return costs.map((_, unit) => products![unit]! / diagonal![unit]! / 2);
}

async function without(
  { weight, weighted, inverse }: Surgery,
  columns: readonly number[],
  invert: Invert,
): Promise<Surgery> {
  const [at, rows, block] = tf.tidy(() => {
    const at = tf.tensor1d([...columns], 'int32');
    const rows = tf.gather(inverse, at); // [s, n]
    return [at, rows, tf.gather(rows, at, 1)] as [tf.Tensor1D, tf.Tensor2D, tf.Tensor2D]; // the last: [s, s]
  });
  try {
    const solved = await invert(block);
    const next = tf.tidy(() => {
      const takeover = tf.matMul(solved, rows); // [s, n]
      const left = (x: tf.Tensor2D) => tf.sub<tf.Tensor2D>(x, tf.matMul(tf.gather(x, at, 1), takeover));
      return {
        weight: left(weight),
        weighted: left(weighted),
        inverse: tf.sub<tf.Tensor2D>(inverse, tf.matMul(rows, takeover, true, false)),
      };
    });
    solved.dispose();
    return next;
  } finally {
    tf.dispose([at, rows, block]);
  }
}
