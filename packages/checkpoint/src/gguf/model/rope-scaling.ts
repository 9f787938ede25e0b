import { CheckpointFormatError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { MODEL, modelKey } from '../keys.js';
import type { GgufArchitecture } from './architectures.js';
import { shortest } from './shortest.js';
import { ROPE_FACTORS } from './tensor-names.js';

/**
 * The `rope_scaling` of config.json, or null if the file has none. As in llama.cpp, the type is linear if the file does not
 * say, and a linear factor applies in addition to `factors`.
 *
 * @param factors content of the tensor `rope_freqs.weight`, `[headDim / 2]`, if the file has it
 * @throws CheckpointFormatError if there are more or fewer factors than frequencies, or one is not positive
 */
export function ropeScaling(
  metadata: GgufMetadata,
  arch: GgufArchitecture,
  factors: Float32Array | undefined,
  rope: { headDim: number; ropeTheta: number },
): Record<string, unknown> | null {
  const type = metadata.text(modelKey(arch, MODEL.ropeScalingType)) ?? 'linear';
  const stated =
    metadata.number(modelKey(arch, MODEL.ropeScalingFactor)) ??
    metadata.number(modelKey(arch, MODEL.ropeScaleLinear)) ??
    0;
  const factor = stated === 0 ? 1 : shortest(stated);
  const linear = type === 'linear' ? factor : 1;
  if (factors && (type === 'linear' || type === 'none'))
    return factorScaling(factors, linear, rope, metadata.file);
  if (type === 'none' || (type === 'linear' && factor === 1)) return null;
  const original = metadata.number(modelKey(arch, MODEL.ropeOriginalContext));
  return {
    rope_type: type,
    factor,
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
  };
}

type Llama3Scaling = Parameters<typeof llama3Factors>[0];

/** LLaMA-3's rotary scaling if the factors are those of one, otherwise the factors themselves. */
function factorScaling(
  factors: Float32Array,
  linear: number,
  { headDim, ropeTheta }: { headDim: number; ropeTheta: number },
  file: string,
): Record<string, unknown> {
  if (factors.length !== headDim / 2 || !factors.every((value) => value > 0 && Number.isFinite(value))) {
    const detail = `${ROPE_FACTORS} holds ${factors.length} numbers, not ${headDim / 2} positive ones`;
    throw new CheckpointFormatError(file, detail);
  }
  const fits = (scaling: Llama3Scaling) =>
    llama3Factors(scaling, headDim, ropeTheta).every(
      (value, i) => Math.abs(value - factors[i]!) < 1e-4 * value, // NaN fits nothing
    );
  const found = linear === 1 ? llama3Candidates(factors, headDim, ropeTheta).find(fits) : undefined;
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
