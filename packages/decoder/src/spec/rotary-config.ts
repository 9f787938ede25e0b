import { ModelConfigError, UnsupportedModelError } from '../errors.js';

/** Rotary position embedding: its base and its scaling. */
export type RotaryConfig = { readonly theta: number } & (
  | { readonly scaling: 'none' }
  /** Positions divided by `factor`. */
  | { readonly scaling: 'linear'; readonly factor: number }
  /** LLaMA-3.x: low frequencies divided by `factor`, high ones kept, a ramp between (transformers `llama3`). */
  | {
      readonly scaling: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContextLength: number;
    }
  /** One divisor per frequency, as GGUF files store them. */
  | { readonly scaling: 'factors'; readonly factors: readonly number[] }
);

type Raw = Readonly<Record<string, unknown>>;
const SUPPORTED = ['default', 'linear', 'llama3', 'llama3-factors'];

/** JSON's 1e999 parses to infinity. */
const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && Number.isFinite(value);

/**
 * Parses `rope_theta` and `rope_scaling`, or the `rope_parameters` of newer configs.
 *
 * @throws ModelConfigError, UnsupportedModelError
 */
export function rotaryConfig(raw: Raw, contextLength: number): RotaryConfig {
  const parameters = (raw.rope_parameters ?? {}) as Raw;
  const scaling = (raw.rope_scaling ?? raw.rope_parameters ?? {}) as Raw;
  const theta = raw.rope_theta ?? parameters.rope_theta ?? 10000;
  if (!isPositive(theta)) {
    throw new ModelConfigError(
      `config.json: "rope_theta" must be positive, found ${JSON.stringify(theta)}.`,
      'rope_theta',
    );
  }
  const partial = raw.partial_rotary_factor ?? parameters.partial_rotary_factor ?? 1;
  if (partial !== 1) {
    throw new UnsupportedModelError(
      'config.json: partial rotary embedding is not supported.',
      `partial_rotary_factor ${String(partial)}`,
      ['1'],
    );
  }
  const number = (field: string, fallback?: number): number => {
    const value = scaling[field] ?? fallback;
    if (!isPositive(value)) {
      throw new ModelConfigError(
        `config.json: rope scaling needs a positive "${field}", found ${JSON.stringify(value)}.`,
        field,
      );
    }
    return value;
  };
  const type = scaling.rope_type ?? scaling.type ?? 'default';
  switch (type) {
    case 'default':
      return { theta, scaling: 'none' };
    case 'linear':
      return { theta, scaling: 'linear', factor: number('factor') };
    case 'llama3':
      return {
        theta,
        scaling: 'llama3',
        factor: number('factor'),
        lowFrequencyFactor: number('low_freq_factor'),
        highFrequencyFactor: number('high_freq_factor'),
        originalContextLength: number('original_max_position_embeddings', contextLength),
      };
    case 'llama3-factors': {
      const factors = scaling.factors;
      if (!Array.isArray(factors) || !factors.every(isPositive)) {
        throw new ModelConfigError(
          'config.json: rope scaling "factors" must be positive numbers.',
          'factors',
        );
      }
      return { theta, scaling: 'factors', factors };
    }
    default:
      throw new UnsupportedModelError(
        `config.json: rope type "${String(type)}" is not supported. Supported: ${SUPPORTED.join(', ')}.`,
        String(type),
        SUPPORTED,
      );
  }
}
