/** Seed-OSS (ByteDance): LLaMA's layers with biases on q, k and v, and on o if the config asks for one. */
import { type Architecture, architectures } from '@grasp/decoder';

export const seedOss: Architecture = {
  // `model_type`, and the class in `architectures`, of its config.json.
  modelType: 'seed_oss',
  className: 'SeedOssForCausalLM',
  // The projections with a bias. A missing one is zero, and other biases are ignored, as in transformers.
  biases: (raw) => [
    ...(raw.attention_bias === false ? [] : (['q', 'k', 'v'] as const)),
    ...(raw.attention_out_bias === true ? (['o'] as const) : []),
    ...(raw.mlp_bias === true ? (['gate', 'up', 'down'] as const) : []),
  ],
  // No norm between the projections and the rotation, so a scale on a group folds into its keys.
  queryKeyNorm: false,
  groupGate: 'key-value',
  tiedByDefault: false,
  slidingWindow: () => undefined,
};

/** The built-in architectures and Seed-OSS, for `loadDecoder` and `prune`. */
export const withSeedOss = [...architectures, seedOss];
