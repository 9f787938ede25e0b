import { activationOf } from '../activation-config.js';
import { equalLayers, slidingWindow } from '../layer-attention.js';
import { ropeParameters, rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { mistral } from './mistral.js';

/** What transformers fills in for a config.json without rope settings. */
const ROPE = {
  rope_type: 'yarn',
  rope_theta: 1e6,
  factor: 16,
  original_max_position_embeddings: 16_384,
  mscale: 1,
  mscale_all_dim: 1,
  llama_4_scaling_beta: 0.1,
};

/** Ministral 3: Mistral whose queries grow with their position. */
export const ministral3: Architecture = {
  modelType: 'ministral3',
  className: 'Ministral3ForCausalLM',
  defaults: {
    ...mistral.defaults,
    vocab_size: 131_072,
    num_hidden_layers: 34,
    head_dim: 128,
    max_position_embeddings: 262_144,
    rms_norm_eps: 1e-5,
  },
  traits: (given) => {
    const stated = ropeParameters(given.raw);
    const config = Object.keys(stated).length > 0 ? given : given.with({ rope_parameters: ROPE });
    // A length beside the settings precedes the one inside, as for the rotation.
    const { original_max_position_embeddings: beside } = config.raw;
    const rope = config.within({
      ...ropeParameters(config.raw),
      ...(typeof beside === 'number' ? { original_max_position_embeddings: beside } : {}),
    });
    const plain = rotaryConfig(config);
    // transformers fills in the length for these types alone.
    const isKnown = plain.scaling === 'yarn' || plain.scaling === 'llama3' || plain.scaling === 'longrope';
    const trainedOn = isKnown ? plain.originalContextLength : undefined;
    const rotary = {
      ...plain,
      queryScale: {
        beta: rope.raw.llama_4_scaling_beta === 0 ? 0 : rope.number('llama_4_scaling_beta'),
        contextLength: rope.number('original_max_position_embeddings', trainedOn),
      },
    };
    return {
      activation: activationOf(config, 'hidden_act', 'silu'),
      attention: equalLayers(config, slidingWindow(config), rotary),
    };
  },
};
