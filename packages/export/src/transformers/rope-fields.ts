import { type RotaryConfig, ropeParameters } from '@grasp/decoder';

type Config = Readonly<Record<string, unknown>>;

/** What transformers 4 takes for `rope_theta` if config.json lacks it. */
const DEFAULT_THETA = 10_000;

/**
 * The fields to add to a config.json so that transformers 4, which reads `rope_theta` and `rope_scaling`, computes the
 * same positions as transformers 5, which also reads `rope_parameters`. Empty if both do already.
 */
export function ropeFields(config: Config, rotary: RotaryConfig): Config {
  const { rope_theta: _, partial_rotary_factor: __, ...scaling } = ropeParameters(config);
  const fields: Record<string, unknown> = {};
  const stated = 'rope_parameters' in config && !('rope_theta' in config);
  if (stated || (config.rope_theta ?? DEFAULT_THETA) !== rotary.theta) fields.rope_theta = rotary.theta;
  const current = (config.rope_scaling ?? {}) as Config;
  if (rotary.scaling === 'none') return fields;
  const original =
    rotary.scaling === 'llama3' ? { original_max_position_embeddings: rotary.originalContextLength } : {};
  const wanted: Config = { ...scaling, ...original };
  const complete = Object.entries(wanted).every(([key, value]) => current[key] === value);
  return complete ? fields : { ...fields, rope_scaling: wanted };
}
