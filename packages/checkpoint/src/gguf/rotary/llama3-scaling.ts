import { shortest } from '../model/shortest.js';

type Llama3Scaling = Parameters<typeof llama3Factors>[0];

/**
 * LLaMA-3's rotary scaling if the divisors are those of one, otherwise the divisors themselves.
 *
 * @param factors `[dims / 2]`
 * @param linear what all frequencies are divided by in addition
 */
export function llama3Scaling(
  factors: Float32Array,
  linear: number,
  { dims, theta }: { readonly dims: number; readonly theta: number },
): Record<string, unknown> {
  const fits = (scaling: Llama3Scaling) =>
    llama3Factors(scaling, dims, theta).every(
      (value, i) => Math.abs(value - factors[i]!) < 1e-4 * value, // NaN fits nothing
    );
  const found = linear === 1 ? llama3Candidates(factors, dims, theta).find(fits) : undefined;
  if (found) return { rope_type: 'llama3', ...found };
  return { rope_type: 'llama3-factors', factors: Array.from(factors, (value) => value * linear) };
}

/** The published settings, then those that the factors on the ramp between high and low frequencies follow. */
function llama3Candidates(factors: Float32Array, headDim: number, ropeTheta: number): Llama3Scaling[] {
  const factor = shortest(factors.reduce((most, value) => Math.max(most, value), 1));
  const candidates = [8192, 4096, 2048, 16_384, 32_768].map((original_max_position_embeddings) => ({
    ...{ factor, low_freq_factor: 1, high_freq_factor: 4 },
    original_max_position_embeddings,
  }));
  // The share of the unscaled frequency is linear in the frequency: share = slope / wavelength + offset.
  const ramp = Array.from(factors, (value, i) => ({
    share: (1 / value - 1 / factor) / (1 - 1 / factor),
    inverse: 1 / (2 * Math.PI * ropeTheta ** ((2 * i) / headDim)),
  })).filter(({ share }) => share > 1e-3 && share < 1 - 1e-3);
  const [first, last] = [ramp[0], ramp.at(-1)];
  if (!first || !last || first === last) return candidates;
  const slope = (first.share - last.share) / (first.inverse - last.inverse);
  const offset = first.share - slope * first.inverse;
  // Only the ratios of the three settings count, so the lower one may be 1.
  const span = -1 / offset;
  const fitted = { factor, low_freq_factor: 1, high_freq_factor: 1 + span };
  const original = slope * span;
  const whole = Math.round(original);
  const near = Math.abs(original - whole) < 1e-3 * whole ? whole : original;
  const rounded = Number(fitted.high_freq_factor.toPrecision(3));
  return [
    ...candidates,
    { ...fitted, high_freq_factor: rounded, original_max_position_embeddings: near },
    { ...fitted, original_max_position_embeddings: original },
  ].filter(
    ({ high_freq_factor: high, original_max_position_embeddings: context }) => high > 1 && context > 0,
  );
}

/**
 * What LLaMA-3's scaling divides each rotary frequency by, `[headDim / 2]`: `transformers`,
 * `_compute_llama3_parameters`.
 */
export function llama3Factors(
  scaling: {
    readonly factor: number;
    readonly low_freq_factor: number;
    readonly high_freq_factor: number;
    readonly original_max_position_embeddings: number;
  },
  headDim: number,
  ropeTheta: number,
): readonly number[] {
  const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
  const factors: number[] = [];
  for (let i = 0; i < headDim; i += 2) {
    const wavelength = 2 * Math.PI * ropeTheta ** (i / headDim);
    const turns = scaling.original_max_position_embeddings / wavelength;
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    factors.push(1 / ((1 - smooth) / factor + smooth));
  }
  return factors;
}
