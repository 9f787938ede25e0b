/** Seed-OSS (ByteDance): LLaMA's layers with biases on q, k and v, and on o where the config asks for one. */
import { type Architecture, registerArchitecture } from '@grasp/decoder';

export const seedOss: Architecture = {
  // `model_type` and the class in `architectures` of its config.json.
  modelType: 'seed_oss',
  className: 'SeedOssForCausalLM',
  // A tensor named here may be missing from a checkpoint; one not named here is refused in one.
  biases: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'],
  // No norm between the projections and the rotation, so a group's scale can be folded into its keys.
  queryKeyNorm: false,
  groupGate: 'key-value',
  tiedByDefault: false,
  slidingWindow: () => undefined,
};

registerArchitecture(seedOss);
