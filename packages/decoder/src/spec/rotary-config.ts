import { ModelConfigError, UnsupportedModelError } from '../errors.js';
import { type ConfigFields, isPositive } from './config-fields.js';

/** LLaMA-3.x: low frequencies divided by `factor`, high ones kept, a ramp between (transformers `llama3`). */
export interface Llama3Scaling {
  readonly scaling: 'llama3';
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalContextLength: number;
}

/** YaRN (arXiv 2309.00071): a ramp, over the frequencies, from kept ones to ones divided by `factor`. */
export interface YarnScaling {
  readonly scaling: 'yarn';
  readonly factor: number;
  readonly betaFast: number;
  readonly betaSlow: number;
  /** Whether the ends of the ramp are whole frequencies. */
  readonly truncate: boolean;
  readonly originalContextLength: number;
}

/** LongRoPE (arXiv 2402.13753): one divisor per frequency, of one list up to a length of text, of another beyond it. */
export interface LongRopeScaling {
  readonly scaling: 'longrope';
  readonly short: readonly number[];
  readonly long: readonly number[];
  readonly originalContextLength: number;
}

/** How frequencies follow from the base. */
export type RotaryScaling =
  | { readonly scaling: 'none' }
  /** Positions divided by `factor`. */
  | { readonly scaling: 'linear'; readonly factor: number }
  /** The base grows with the length of a text beyond `originalContextLength` (NTK-aware scaling). */
  | { readonly scaling: 'dynamic'; readonly factor: number; readonly originalContextLength: number }
  | YarnScaling
  | LongRopeScaling
  | Llama3Scaling
  /** One divisor per frequency, as GGUF files store them. */
  | { readonly scaling: 'factors'; readonly factors: readonly number[] };

/** Rotary position embedding. */
export type RotaryConfig = RotaryScaling & {
  readonly theta: number;
  /** Entries of a head that are rotated, the first ones. If odd, one more is, by frequencies for this number. */
  readonly dims: number;
  /** Whether the two entries of a pair lie next to each other, or half of `dims` apart. */
  readonly interleaved: boolean;
  /** Factor on rotated queries and keys. */
  readonly attentionFactor: number;
  /** Queries are multiplied by `1 + beta · ln(1 + ⌊position / contextLength⌋)`. */
  readonly queryScale?: { readonly beta: number; readonly contextLength: number } | undefined;
};

type Raw = Readonly<Record<string, unknown>>;

/** The kind of a layer's attention, as `layer_types` names it. */
export type LayerType = 'full_attention' | 'sliding_attention';

/** What an architecture says about its rotary embedding. */
export interface RotaryOptions {
  /** The base if config.json has none. */
  readonly theta?: number;
  /** Share of a head that is rotated if config.json does not say so. Default: config.json may not say so. */
  readonly partial?: number;
  readonly interleaved?: boolean;
  /** Other names of rope types. */
  readonly aliases?: Readonly<Record<string, string>>;
}

const SUPPORTED = ['default', 'linear', 'dynamic', 'yarn', 'longrope', 'llama3', 'llama3-factors'];

export const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether rope settings stand by layer type, as transformers 5 writes them for some models. */
export function isByLayerType(parameters: Raw): boolean {
  return !('rope_type' in parameters || 'type' in parameters) && Object.values(parameters).some(isObject);
}

/**
 * The rope settings of a config.json: `rope_scaling` unless it is empty, else the `rope_parameters` of transformers 5.
 * Their fields precede those of the same name in config.json itself (transformers 5, `convert_rope_params_to_dict`).
 */
export function ropeParameters(raw: Raw): Raw {
  const { rope_scaling: scaling, rope_parameters: parameters } = raw;
  const [older, newer] = [scaling, parameters].map((given) => (isObject(given) ? given : {})) as [Raw, Raw];
  const stated = Object.keys(older).length > 0;
  if (!stated || isByLayerType(older) || !isByLayerType(newer)) return stated ? older : newer;
  // Flat settings beside ones by layer type are those of full attention.
  const { full_attention: full } = newer;
  return { ...newer, full_attention: { ...(isObject(full) ? full : {}), ...older } };
}

/**
 * Parses `rope_theta` and `rope_scaling`, or the `rope_parameters` of newer configs (transformers, modeling_rope_utils).
 * All layers share the result. Settings by layer type are refused, since transformers ignores them here, or fails.
 *
 * @throws ModelConfigError, UnsupportedModelError
 */
export function rotaryConfig(config: ConfigFields, options: RotaryOptions = {}): RotaryConfig {
  const parameters = ropeParameters(config.raw);
  if (!isByLayerType(parameters)) return rotaryOf(config, parameters, { ...options, byLayerType: false });
  throw new UnsupportedModelError(
    'config.json: "rope_parameters" by layer type are not supported in this architecture, whose layers share one rotary embedding.',
    'rope_parameters by layer type',
    ['rope_parameters for all layers'],
  );
}

/** The rotary embedding of these rope settings. Arguments and errors as {@link rotaryConfig}. */
export function rotaryOf(
  config: ConfigFields,
  parameters: Raw,
  options: RotaryOptions & { readonly byLayerType: boolean },
): RotaryConfig {
  const { raw } = config;
  const fields = new RopeFields(parameters);
  const stated = parameters.rope_theta ?? raw.rope_theta ?? options.theta;
  const theta = positive('rope_theta', stated ?? config.ropeTheta);
  const dims = rotatedEntries(config, parameters, options);
  const name = String(parameters.rope_type ?? parameters.type ?? 'default');
  const type = options.aliases?.[name] ?? name;
  const scaling = scalingOf(type, fields, config, { dims, byLayerType: options.byLayerType });
  const common = { theta, dims, interleaved: options.interleaved ?? false };
  return { ...scaling, ...common, attentionFactor: attentionFactor(scaling, fields, config) };
}

/** Entries of a head that are rotated. */
function rotatedEntries(config: ConfigFields, parameters: Raw, { partial }: RotaryOptions): number {
  const { partial_rotary_factor: beside = partial } = config.raw;
  const share = parameters.partial_rotary_factor ?? beside ?? 1; // null: the whole head
  if (partial === undefined && share !== 1) {
    throw new UnsupportedModelError(
      'config.json: partial rotary embedding is not supported in this architecture.',
      `partial_rotary_factor ${String(share)}`,
      ['1'],
    );
  }
  const dims = Math.trunc(config.headDim * positive('partial_rotary_factor', share));
  if (dims >= 1 && dims <= config.headDim) return dims; // a head has an even number, so there is room for one more
  throw new ModelConfigError(
    `config.json: "partial_rotary_factor" of ${share} rotates ${dims} of ${config.headDim} entries of a head.`,
    'partial_rotary_factor',
  );
}

function scalingOf(
  type: string,
  fields: RopeFields,
  config: ConfigFields,
  { dims, byLayerType }: { readonly dims: number; readonly byLayerType: boolean },
): RotaryScaling {
  /** The length that the model was trained on. */
  const originalContextLength = () => {
    const stated = config.raw.original_max_position_embeddings;
    return isPositive(stated)
      ? stated
      : fields.number('original_max_position_embeddings', config.contextLength);
  };
  switch (type) {
    case 'default':
      return { scaling: 'none' };
    case 'linear':
      return { scaling: 'linear', factor: fields.number('factor') };
    case 'dynamic':
      return {
        scaling: 'dynamic',
        factor: fields.number('factor'),
        originalContextLength: config.contextLength,
      };
    case 'yarn':
      return {
        scaling: 'yarn',
        factor: fields.number('factor', config.contextLength / originalContextLength()),
        betaFast: fields.number('beta_fast', 32),
        betaSlow: fields.number('beta_slow', 1),
        // transformers does not see the field in settings by layer type.
        truncate: byLayerType || fields.raw.truncate === undefined || Boolean(fields.raw.truncate),
        originalContextLength: originalContextLength(),
      };
    case 'longrope':
      return {
        scaling: 'longrope',
        short: fields.divisors('short_factor', Math.ceil(dims / 2)),
        long: fields.divisors('long_factor', Math.ceil(dims / 2)),
        originalContextLength: originalContextLength(),
      };
    case 'llama3':
      return {
        scaling: 'llama3',
        factor: fields.number('factor'),
        lowFrequencyFactor: fields.number('low_freq_factor'),
        highFrequencyFactor: fields.number('high_freq_factor'),
        originalContextLength: originalContextLength(),
      };
    case 'llama3-factors':
      return { scaling: 'factors', factors: fields.divisors('factors') };
    default:
      throw new UnsupportedModelError(
        `config.json: rope type "${type.slice(0, 80)}" is not supported. Supported: ${SUPPORTED.join(', ')}.`,
        type,
        SUPPORTED,
      );
  }
}

/** The factor on rotated queries and keys (YaRN, section 3.4; LongRoPE, section 3.3). */
function attentionFactor(scaling: RotaryScaling, fields: RopeFields, config: ConfigFields): number {
  if (scaling.scaling !== 'yarn' && scaling.scaling !== 'longrope') return 1;
  const stated = fields.raw.attention_factor;
  if (stated !== undefined && stated !== null) return positive('attention_factor', stated);
  if (scaling.scaling === 'longrope') {
    const factor = fields.number('factor', config.contextLength / scaling.originalContextLength);
    return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(scaling.originalContextLength));
  }
  const scale = (weight: number) => (scaling.factor <= 1 ? 1 : 0.1 * weight * Math.log(scaling.factor) + 1);
  const { mscale, mscale_all_dim: allDims } = fields.raw;
  return isWeight(mscale) && isWeight(allDims) ? scale(mscale) / scale(allDims) : scale(1);
}

/** A number that Python takes for true. */
const isWeight = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value !== 0;

/** The fields of the rope settings. */
class RopeFields {
  constructor(readonly raw: Raw) {}

  number(field: string, fallback?: number): number {
    return positive(field, this.raw[field] ?? fallback, 'rope scaling needs a positive');
  }

  divisors(field: string, count?: number): readonly number[] {
    const list = this.raw[field];
    if (Array.isArray(list) && list.every(isPositive) && list.length === (count ?? list.length)) return list;
    const needed = count === undefined ? 'positive numbers' : `${count} positive numbers`;
    throw new ModelConfigError(`config.json: rope scaling "${field}" must be a list of ${needed}.`, field);
  }
}

function positive(field: string, value: unknown, needs?: string): number {
  if (isPositive(value)) return value;
  const must = needs ? `${needs} "${field}"` : `"${field}" must be positive`;
  throw new ModelConfigError(`config.json: ${must}, found ${JSON.stringify(value)}.`, field);
}
