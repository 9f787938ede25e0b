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
 * The rope settings of a config.json: `rope_scaling` unless it is empty, else the `rope_parameters` of transformers 5.
 * Its fields precede those of the same name in config.json itself (transformers 5, `convert_rope_params_to_dict`).
 *
 * @throws UnsupportedModelError for settings by layer type
 */
export function ropeParameters(raw: Raw): Raw {
  const filled = [raw.rope_scaling, raw.rope_parameters]
    .filter(isObject)
    .find((o) => Object.keys(o).length > 0);
  const parameters = filled ?? {};
  if (!('rope_type' in parameters || 'type' in parameters) && Object.values(parameters).some(isObject)) {
    throw new UnsupportedModelError(
      'config.json: rope settings by layer type are not supported.',
      'rope_parameters',
      ['one setting for all layers'],
    );
  }
  return parameters;
}

const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Parses `rope_theta` and `rope_scaling`, or the `rope_parameters` of newer configs.
 *
 * @throws ModelConfigError, UnsupportedModelError
 */
export function rotaryConfig(raw: Raw, contextLength: number): RotaryConfig {
  const scaling = ropeParameters(raw);
  const theta = scaling.rope_theta ?? raw.rope_theta ?? 10000;
  if (!isPositive(theta)) {
    throw new ModelConfigError(
      `config.json: "rope_theta" must be positive, found ${JSON.stringify(theta)}.`,
      'rope_theta',
    );
  }
  const partial = scaling.partial_rotary_factor ?? raw.partial_rotary_factor ?? 1;
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
  const originalContext = (read: typeof number) => {
    const field = 'original_max_position_embeddings';
    const own = raw[field];
    return isPositive(own) ? own : read(field, contextLength);
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
        originalContextLength: originalContext(number),
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
