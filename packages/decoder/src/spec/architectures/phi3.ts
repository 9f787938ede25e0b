import { activationOf } from '../activation-config.js';
import { equalLayers, slidingWindow } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';

/** Phi-3, Phi-3.5 and Phi-4-mini (Microsoft): fused matrices, a part of each head rotated, LongRoPE. */
export const phi3: Architecture = {
  modelType: 'phi3',
  className: 'Phi3ForCausalLM',
  demands: { headsSpanUnderLongRope: true, oldScaling: ['longrope'] },
  defaults: {
    ...llamaDefaults,
    vocab_size: 32_064,
    hidden_size: 3072,
    intermediate_size: 8192,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
  },
  traits: (given) => {
    const config = given.with({
      original_max_position_embeddings: given.raw.original_max_position_embeddings ?? 4096,
    });
    const rotary = rotaryConfig(config, { partial: 1, aliases: { su: 'longrope', yarn: 'longrope' } });
    return {
      activation: activationOf(config, 'hidden_act', 'silu'),
      attention: equalLayers(config, slidingWindow(config), rotary),
      fused: [
        { name: 'self_attn.qkv_proj', parts: ['q', 'k', 'v'] },
        { name: 'mlp.gate_up_proj', parts: ['gate', 'up'] },
      ],
    };
  },
};
