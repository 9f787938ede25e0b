import { activationOf } from '../activation-config.js';
import type { DecoderTraits } from '../decoder-traits.js';
import type { Architecture } from './architecture.js';
import { attentionBiases, llamaDefaults } from './llama.js';

/** Norms after both sublayers, none before them. */
export const POST_NORMS: DecoderTraits['norms'] = {
  attention: { post: 'post_attention_layernorm' },
  feedForward: { post: 'post_feedforward_layernorm' },
};

/** OLMo 2 (Ai2): norms after the sublayers, and one norm over the queries, or keys, of all heads together. */
export const olmo2: Architecture = {
  modelType: 'olmo2',
  className: 'Olmo2ForCausalLM',
  demands: { oldScaling: ['linear', 'dynamic'] },
  defaults: { ...llamaDefaults, vocab_size: 50_304, rms_norm_eps: 1e-5 },
  traits: (config) => ({
    biases: attentionBiases(config, false),
    norms: POST_NORMS,
    queryKeyNorm: 'all-heads',
    activation: activationOf(config, 'hidden_act', 'silu'),
  }),
};
