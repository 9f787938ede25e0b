import { CheckpointUnsupportedError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { MODEL, modelKey } from '../keys.js';
import type { GgufArchitecture } from './architectures.js';
import { shortest } from './shortest.js';
import { ROPE_FACTORS } from './tensor-names.js';

/**
 * The `rope_scaling` of config.json, or null if the file has none.
 *
 * @param factors content of the tensor `rope_freqs.weight`, `[headDim / 2]`, if the file has it
 * @throws CheckpointUnsupportedError for factors that are not LLaMA-3's
 */
export function ropeScaling(
  metadata: GgufMetadata,
  arch: GgufArchitecture,
  factors: Float32Array | undefined,
  rope: { headDim: number; ropeTheta: number },
): Record<string, unknown> | null {
  if (factors) return llama3Scaling(factors, rope, metadata.file);
  const type = metadata.text(modelKey(arch, MODEL.ropeScalingType));
  if (type === undefined || type === 'none') return null;
  const factor = metadata.number(modelKey(arch, MODEL.ropeScalingFactor)) ?? 1;
  const original = metadata.number(modelKey(arch, MODEL.ropeOriginalContext));
  return {
    rope_type: type,
    factor: shortest(factor),
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
  };
}

/** Finds the settings of LLaMA-3's rotary scaling by computing the factors of each known setting. */
function llama3Scaling(
  factors: Float32Array,
  { headDim, ropeTheta }: { headDim: number; ropeTheta: number },
  file: string,
): Record<string, unknown> {
  const factor = shortest(factors.reduce((most, value) => Math.max(most, value), 1));
  for (const original of [8192, 4096, 2048, 16_384, 32_768]) {
    const scaling = {
      factor,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: original,
    };
    const expected = llama3Factors(scaling, headDim, ropeTheta);
    const equal =
      expected.length === factors.length &&
      expected.every((value, i) => Math.abs(value - factors[i]!) < 1e-4 * value);
    if (equal) return { rope_type: 'llama3', ...scaling };
  }
  throw new CheckpointUnsupportedError(file, `${ROPE_FACTORS} with these factors`, [
    "LLaMA-3's rope scaling",
  ]);
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
