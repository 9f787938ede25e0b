import type { GgufArchitecture, GgufRotary } from '@grasp/checkpoint';
import { type DecoderConfig, type RotaryConfig, rotaryFrequencies } from '@grasp/decoder';

/** The ends of YaRN's ramp that llama.cpp takes if a file does not say. */
const USUAL_BETAS = { fast: 32, slow: 1 };

/**
 * The rotary embedding of a model as a GGUF file of an architecture states it: that of the layers without a window, if any.
 * Whether that is the whole truth is for `gaps` to see.
 */
export function ggufRotary({ attention, headDim }: DecoderConfig, { rope }: GgufArchitecture): GgufRotary {
  const rotating = attention.filter(({ rotary }) => rotary);
  const { rotary } = rotating.find(({ window }) => window === undefined) ?? rotating[0] ?? {};
  if (!rotary) return { theta: 10_000, dims: headDim, tensors: {} };
  const { theta, dims, queryScale } = rotary;
  return {
    theta,
    dims,
    ...(queryScale ? { queryScale: queryScale.beta } : {}),
    ...scalingOf(rotary),
    tensors: divisors(rotary, rope),
  };
}

function scalingOf(rotary: RotaryConfig): Pick<GgufRotary, 'scaling'> {
  switch (rotary.scaling) {
    case 'linear':
      return { scaling: { type: 'linear', factor: rotary.factor } };
    case 'yarn': {
      const { factor, attentionFactor, betaFast: fast, betaSlow: slow } = rotary;
      const usual = fast === USUAL_BETAS.fast && slow === USUAL_BETAS.slow;
      return {
        scaling: {
          type: 'yarn',
          factor,
          originalContext: rotary.originalContextLength,
          attentionFactor: oneIfNear(attentionFactor / (1 + 0.1 * Math.log(Math.max(factor, 1)))),
          ...(usual ? {} : { betas: { fast, slow } }),
        },
      };
    }
    case 'longrope': {
      const { attentionFactor, originalContextLength: originalContext } = rotary;
      return { scaling: { type: 'longrope', originalContext, attentionFactor } };
    }
    default:
      return {};
  }
}

const oneIfNear = (factor: number): number => (Math.abs(factor - 1) < 1e-6 ? 1 : factor);

/**
 * What each rotary frequency is divided by, `[dims / 2]`, where only a tensor says so. None if llama.cpp does not know the
 * tensor in an architecture: it would not load the file.
 */
function divisors(rotary: RotaryConfig, rope: GgufArchitecture['rope'] = {}): GgufRotary['tensors'] {
  if (rotary.scaling === 'longrope') {
    if (!rope.longrope) return {};
    return { short: Float32Array.from(rotary.short), long: Float32Array.from(rotary.long) };
  }
  if (!rope.factors || (rotary.scaling !== 'llama3' && rotary.scaling !== 'factors')) return {};
  const plain = rotaryFrequencies({ ...rotary, scaling: 'none' });
  return { factors: Float32Array.from(rotaryFrequencies(rotary), (frequency, i) => plain[i]! / frequency) };
}
