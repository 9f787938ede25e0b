import type { Checkpoint } from '@grasp/checkpoint';
import { type DecoderConfig, LAYER_SHAPES_KEY } from '@grasp/decoder';
import { hasOneShape, layerWidths } from '../layer-widths.js';
import { ropeFields } from './rope-fields.js';

export type Config = Readonly<Record<string, unknown>>;

/** Keys that only one way of writing a model has. */
const OWN_KEYS = ['architectures', 'auto_map', 'base_model_type', 'model_type', LAYER_SHAPES_KEY];

/** The fields that all ways of writing a model share. */
export function commonFields({ config }: Pick<Checkpoint, 'config'>, decoder: DecoderConfig): Config {
  return {
    ...without(config, OWN_KEYS),
    ...ropeFields(config, decoder),
    ...attentionFields(decoder),
    head_dim: decoder.headDim,
  };
}

/**
 * The config of a released architecture. Undefined if none fits.
 *
 * Where a llama does not fit its own config class, mistral's may: it demands less, and its layers are llama's without biases.
 */
export function ordinaryConfig(
  checkpoint: Pick<Checkpoint, 'config' | 'tensors'>,
  decoder: DecoderConfig,
): Config | undefined {
  const { modelType, className, demands = {} } = decoder.architecture;
  const widths = layerWidths(decoder, decoder.layers[0]!);
  const rest = { ...commonFields(checkpoint, decoder), ...widths };
  const spans = widths.num_attention_heads * decoder.headDim === decoder.hiddenSize;
  const longRope = decoder.attention.some(({ rotary }) => rotary?.scaling === 'longrope');
  if (demands.headsSpanUnderLongRope && longRope && !spans) return undefined;
  if (!demands.headsDivide || decoder.hiddenSize % widths.num_attention_heads === 0) {
    return { ...rest, architectures: [className], model_type: modelType };
  }
  if (modelType !== 'llama' || [...checkpoint.tensors.keys()].some((name) => name.endsWith('.bias')))
    return undefined;
  return {
    ...without(rest, ['attention_bias', 'mlp_bias', 'pretraining_tp', 'layer_types']),
    architectures: ['MistralForCausalLM'],
    model_type: 'mistral',
    sliding_window: null,
    max_position_embeddings: decoder.contextLength, // mistral has another default
  };
}

/**
 * Numbers of heads for a config whose layers have their own: none if those of config.json pass the checks of config classes,
 * otherwise those that span the hidden size, or as few as there can be. The heads of a GGUF file may not divide the hidden size.
 */
export function fittingHeads(config: Config, decoder: DecoderConfig): Config {
  const { hiddenSize, headDim, queriesPerKvHead, architecture } = decoder;
  const divide = !architecture.demands?.headsDivide || hiddenSize % Number(config.num_attention_heads) === 0;
  if (divide && !hasOneShape(decoder)) return {};
  const kvHeads = hiddenSize / headDim / queriesPerKvHead;
  const spanning = Number.isInteger(kvHeads) ? kvHeads : 1;
  return { num_attention_heads: spanning * queriesPerKvHead, num_key_value_heads: spanning };
}

/**
 * Soft caps of scores need eager attention: transformers 4 takes sdpa by itself and leaves them out, 5 refuses it. The field
 * without the underscore is not read from files by 4.
 */
function attentionFields({ attentionCap }: DecoderConfig): Config {
  return attentionCap === undefined ? {} : { _attn_implementation: 'eager' };
}

export function without(config: Config, keys: readonly string[]): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}
