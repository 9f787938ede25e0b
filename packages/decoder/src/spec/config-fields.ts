import { ModelConfigError } from '../errors.js';
import type { ConfigDefaults } from './architectures/architecture.js';
import { LIMITS } from './limits.js';

type SizeDefaults = Omit<ConfigDefaults, 'rms_norm_eps' | 'rope_theta'>;
type Raw = Readonly<Record<string, unknown>>;

/** Reads the fields of a config.json with the defaults of its architecture. A field of the wrong kind is refused by name. */
export class ConfigFields {
  constructor(
    readonly raw: Raw,
    private readonly defaults: ConfigDefaults,
  ) {}

  /** The same config with some fields replaced. */
  with(fields: Raw): ConfigFields {
    return new ConfigFields({ ...this.raw, ...fields }, this.defaults);
  }

  /** The fields of an object within the config. */
  within(fields: Raw): ConfigFields {
    return new ConfigFields(fields, this.defaults);
  }

  /** Number of layers. */
  get layers(): number {
    return this.size('num_hidden_layers', LIMITS.layers);
  }

  /** Maximum sequence length, in tokens. */
  get contextLength(): number {
    return this.size('max_position_embeddings', LIMITS.contextLength);
  }

  get normEpsilon(): number {
    return this.number('rms_norm_eps', this.defaults.rms_norm_eps);
  }

  /** The base of the rotary embedding if config.json has none. */
  get ropeTheta(): number {
    return this.defaults.rope_theta;
  }

  get headDim(): number {
    return this.sizeOr('head_dim', Math.floor(this.size('hidden_size') / this.size('num_attention_heads')));
  }

  /** A size that config.json states, or that the config class fills in. */
  size(field: keyof SizeDefaults, limit?: number): number {
    return this.integer(field, this.defaults[field] ?? undefined, limit);
  }

  /** A size that follows from others if it is null, or absent and without a default. */
  sizeOr(field: keyof SizeDefaults, derived: number): number {
    const stated = this.raw[field] === undefined ? this.defaults[field] : this.raw[field];
    return this.integer(field, derived, LIMITS.size, stated ?? derived);
  }

  /** An integer from 1 to `limit`. */
  integer(
    field: string,
    fallback: number | undefined,
    limit: number = LIMITS.size,
    value: unknown = this.raw[field] === undefined ? fallback : this.raw[field],
  ): number {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
      throw this.wrong(field, 'must be a positive integer', value);
    }
    if (value > limit) {
      throw new ModelConfigError(`config.json: "${field}" is ${value}, and at most ${limit} is read.`, field);
    }
    return value;
  }

  /** An integer of at least 0. */
  count(field: string, fallback: number): number {
    const { [field]: value = fallback } = this.raw;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    throw this.wrong(field, 'must be an integer of at least 0', value);
  }

  /** A positive number. */
  number(field: string, fallback?: number): number {
    const { [field]: value = fallback } = this.raw;
    if (isPositive(value)) return value;
    throw this.wrong(field, 'must be a positive number', value);
  }

  /** A positive number, or undefined where config.json says null. */
  optional(field: string, fallback?: number): number | undefined {
    const { [field]: value = fallback } = this.raw;
    return value === null || value === undefined ? undefined : this.number(field, fallback ?? 1);
  }

  /** Whether a field is true. */
  flag(field: string, fallback: boolean): boolean {
    const { [field]: value = fallback } = this.raw;
    if (typeof value === 'boolean') return value;
    if (value === null) return false;
    throw this.wrong(field, 'must be true or false', value);
  }

  /** A list with one entry for each layer, or at least one if it may be `longer`; undefined if it is absent or null. */
  perLayer(
    field: string,
    { longer = false }: { readonly longer?: boolean } = {},
  ): readonly unknown[] | undefined {
    const { [field]: value } = this.raw;
    if (value === undefined || value === null) return undefined;
    const { layers } = this;
    if (Array.isArray(value) && (value.length === layers || (longer && value.length > layers))) return value;
    const must = `must list ${longer ? 'at least ' : ''}${layers} layers ("num_hidden_layers")`;
    throw this.wrong(field, must, value);
  }

  private wrong(field: string, must: string, value: unknown): ModelConfigError {
    const found = JSON.stringify(value)?.slice(0, 200);
    return new ModelConfigError(`config.json: "${field}" ${must}, found ${found}.`, field);
  }
}

/** JSON's 1e999 parses to infinity. */
export const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && Number.isFinite(value);
