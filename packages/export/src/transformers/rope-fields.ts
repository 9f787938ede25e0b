import { type DecoderConfig, type RotaryConfig, ropeParameters } from '@grasp/decoder';

type Config = Readonly<Record<string, unknown>>;

/**
 * The fields to add to a config.json so that transformers 4, which reads `rope_theta` and `rope_scaling`, computes the
 * same positions as transformers 5, which also reads `rope_parameters`. Empty if both do already.
 */
export function ropeFields(config: Config, { attention, architecture }: DecoderConfig): Config {
  const global = attention.find(({ window, rotary }) => rotary && window === undefined)?.rotary;
  const rotary = global ?? attention.find((layer) => layer.rotary)?.rotary;
  if (!rotary) return {};
  const parameters = ropeParameters(config);
  const byLayerType = isObject(parameters.full_attention);
  const own = byLayerType ? (parameters.full_attention as Config) : parameters;
  const { rope_theta: _, partial_rotary_factor: partial, ...scaling } = own;
  const fields: Record<string, unknown> = {};
  if (config.rope_theta !== rotary.theta) fields.rope_theta = rotary.theta; // defaults differ between versions
  if (partial !== undefined && config.partial_rotary_factor === undefined) {
    fields.partial_rotary_factor = partial;
  }
  if (byLayerType) {
    const local = parameters.sliding_attention;
    if (isObject(local) && local.rope_theta !== undefined) fields.rope_local_base_freq = local.rope_theta;
  }
  const { demands = {}, defaults } = architecture;
  if (demands.baseByLayerType && !byLayerType && rotary.theta !== defaults.rope_theta) {
    const base = { rope_type: 'default', rope_theta: rotary.theta };
    const { type: __, ...stated } = scaling; // version 5 would take "default" for a type by its old name
    const scaled = rotary.scaling === 'none' ? base : { ...stated, ...base, rope_type: rotary.scaling };
    fields.rope_parameters = { full_attention: scaled, sliding_attention: base };
  }
  const current = (config.rope_scaling ?? {}) as Config;
  // Without settings, transformers fills in the same ones.
  if (rotary.scaling === 'none' || Object.keys(own).length === 0) return fields;
  // Version 4 reads the length of LongRoPE here alone.
  if (rotary.scaling === 'longrope') fields.original_max_position_embeddings = rotary.originalContextLength;
  const wanted = (demands.oldScaling?.includes(rotary.scaling) ? oldScaling(rotary, scaling) : undefined) ?? {
    rope_type: rotary.scaling, // some classes of version 4 do not know the old name, `type`
    ...scaling,
    ...derivedFields(rotary),
  };
  const complete = Object.entries(wanted).every(([key, value]) => current[key] === value);
  return complete ? fields : { ...fields, rope_scaling: wanted };
}

/** The settings by their old names, without further fields. Undefined if there are none that say the same. */
function oldScaling(rotary: RotaryConfig, stated: Config): Config | undefined {
  if (rotary.scaling === 'linear' || rotary.scaling === 'dynamic') {
    return { type: rotary.scaling, factor: rotary.factor };
  }
  if (rotary.scaling !== 'longrope') return undefined;
  const { factor, attention_factor: attention } = stated;
  if ((factor ?? attention ?? undefined) !== undefined) return stated;
  const { short, long } = rotary;
  return { type: 'longrope', short_factor: short, long_factor: long };
}

/** What the versions derive in different ways, or only one of them. */
function derivedFields(rotary: RotaryConfig): Config {
  if (rotary.scaling !== 'llama3' && rotary.scaling !== 'yarn' && rotary.scaling !== 'longrope') return {};
  return {
    original_max_position_embeddings: rotary.originalContextLength,
    ...(rotary.scaling === 'yarn' ? { factor: rotary.factor } : {}),
    ...(rotary.scaling === 'longrope' ? { attention_factor: rotary.attentionFactor } : {}),
  };
}

const isObject = (value: unknown): value is Config =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
