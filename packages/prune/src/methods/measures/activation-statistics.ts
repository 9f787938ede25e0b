import type { DecoderView, TokenBatch } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';

/** Statistics of a tensor's columns over all tokens. */
export interface ActivationStatistics {
  /** Tokens seen. */
  readonly count: number;
  readonly mean: Float64Array;
  /** Mean squared deviation from the mean: divided by `count`. */
  readonly variance: Float64Array;
  /** `‖x_j‖₂` over all tokens. */
  readonly norms: Float64Array;
  /** `Σ_t x_ti · x_tj`, row-major `[n, n]`, if it was asked for. */
  readonly gram?: Float64Array;
}

/**
 * Statistics of the columns of observed tensors, by site. Batches are read one after another and merged in float64 (Chan,
 * Golub and LeVeque 1983), so memory does not depend on the number of tokens.
 *
 * @param sites see `DecoderView.observe`.
 * @param options `gram`: the Gram matrix too, `n²` entries for each site.
 * @throws DecoderInputError for an unknown site.
 */
export async function activationStatistics(
  view: DecoderView,
  batches: Iterable<TokenBatch>,
  sites: readonly string[],
  { gram = false }: { readonly gram?: boolean } = {},
): Promise<ReadonlyMap<string, ActivationStatistics>> {
  const sums = new Map<string, Sums>();
  await view.observe(batches, sites, async (site, tensor) => {
    const [count] = tensor.shape;
    const parts = tf.tidy(() => {
      const mean = tf.mean(tensor, 0);
      const squares = tf.sum(tf.square(tf.sub(tensor, mean)), 0);
      return gram ? [mean, squares, tf.matMul(tensor, tensor, true, false)] : [mean, squares];
    });
    try {
      const [mean, squares, products] = await Promise.all(parts.map((part) => part.data<'float32'>()));
      const total = sums.get(site) ?? emptySums(mean!.length, gram);
      sums.set(site, total);
      add(total, count, mean!, squares!, products);
    } finally {
      tf.dispose(parts);
    }
  });
  return new Map([...sums].map(([site, total]) => [site, statisticsOf(total)]));
}

interface Sums {
  count: number;
  readonly mean: Float64Array;
  /** `Σ (x − mean)²` */
  readonly squares: Float64Array;
  readonly gram?: Float64Array;
}

const emptySums = (n: number, gram: boolean): Sums => ({
  count: 0,
  mean: new Float64Array(n),
  squares: new Float64Array(n),
  ...(gram ? { gram: new Float64Array(n * n) } : {}),
});

function add(
  total: Sums,
  count: number,
  mean: Float32Array,
  squares: Float32Array,
  products: Float32Array | undefined,
): void {
  const all = total.count + count;
  for (let j = 0; j < mean.length; j++) {
    const gap = mean[j]! - total.mean[j]!;
    total.mean[j]! += (gap * count) / all;
    total.squares[j]! += squares[j]! + (gap * gap * total.count * count) / all;
  }
  const { gram } = total;
  if (gram) for (let i = 0; i < gram.length; i++) gram[i]! += products![i]!;
  total.count = all;
}

function statisticsOf({ count, mean, squares, gram }: Sums): ActivationStatistics {
  const variance = squares.map((sum) => sum / count);
  const norms = squares.map((sum, j) => Math.sqrt(sum + count * mean[j]! ** 2));
  return { count, mean, variance, norms, ...(gram ? { gram } : {}) };
}
