import { activationOf } from '../activation-config.js';
import type { ConfigFields } from '../config-fields.js';
import type { DecoderTraits } from '../decoder-traits.js';
import { layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture, ConfigDefaults } from './architecture.js';
import { attentionBiases } from './llama.js';

/** The defaults of transformers' `Gemma2Config`. */
export const gemmaDefaults: ConfigDefaults = {
  vocab_size: 256_000,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
};

/** What Gemma 2 and 3 share: norms with weights around 0 before and after each sublayer, and scaled embeddings. */
export function gemmaTraits(config: ConfigFields): Partial<DecoderTraits> {
  return {
    biases: attentionBiases(config, false),
    tiedByDefault: true,
    norms: {
      attention: { pre: 'input_layernorm', post: 'post_attention_layernorm' },
      feedForward: { pre: 'pre_feedforward_layernorm', post: 'post_feedforward_layernorm' },
    },
    normOffset: 1,
    activation: activationOf(config, 'hidden_activation', 'gelu_pytorch_tanh'),
    embeddingScale: Math.sqrt(config.size('hidden_size')),
    embeddingScaleRounds: true,
    attentionScale: config.number('query_pre_attn_scalar', 256) ** -0.5,
  };
}

/** Gemma 2 (Google): soft caps on scores and logits, a window in every other layer. */
export const gemma2: Architecture = {
  modelType: 'gemma2',
  className: 'Gemma2ForCausalLM',
  demands: { headsDivide: true },
  defaults: gemmaDefaults,
  traits: (config) => {
    const rotary = rotaryConfig(config);
    const types = layerTypes(config, (layer) => layer % 2 === 0);
    return {
      ...gemmaTraits(config),
      attentionCap: config.optional('attn_logit_softcapping', 50),
      logitCap: config.optional('final_logit_softcapping', 30),
      attention: mixedLayers(types, slidingWindow(config, 4096), () => rotary),
    };
  },
};
