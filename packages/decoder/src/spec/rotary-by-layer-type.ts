import type { ConfigFields } from './config-fields.js';
import { isObject, type LayerType, type RotaryConfig, rotaryOf } from './rotary-config.js';

/**
 * The rotary embeddings of an architecture that has one for each layer type (transformers 5, `convert_rope_params_to_dict` of
 * Gemma 3 and OLMo 3). `rope_parameters` count by layer type alone, `rope_scaling` for full attention; a length of training
 * outside of them does not count.
 *
 * @param theta the base in sliding layers whose settings have none
 * @throws ModelConfigError, UnsupportedModelError
 */
export function rotaryByLayerType(
  config: ConfigFields,
  theta: (byLayerType: boolean) => number | undefined,
): Readonly<Record<LayerType, RotaryConfig>> {
  const { rope_scaling: older, rope_parameters: newer } = config.raw;
  const parameters = isObject(newer) ? newer : {};
  const of = (type: LayerType) => (isObject(parameters[type]) ? parameters[type] : undefined);
  const [full, sliding] = [of('full_attention'), of('sliding_attention')];
  const inner = config.with({ original_max_position_embeddings: undefined });
  return {
    full_attention: rotaryOf(
      inner,
      { ...full, ...(isObject(older) ? older : {}) },
      { byLayerType: full !== undefined },
    ),
    sliding_attention: rotaryOf(
      inner.with({ rope_theta: theta(full !== undefined || sliding !== undefined) }),
      sliding ?? {},
      { byLayerType: true },
    ),
  };
}
