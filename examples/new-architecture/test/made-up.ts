import { type DecoderCheckpoint, decoderCheckpoint, decoderLayout } from '@grasp/decoder';
import { forTransformers } from '@grasp/export';
import { prunedView } from '@grasp/prune';
import { random, randomCheckpoint, randomTokens } from '@grasp/testing';
import { withSeedOss } from '../src/seed-oss.js';

/** A small Seed-OSS with random weights and biases, which are where qwen2 has them. */
export function madeUpSeedOss(): DecoderCheckpoint {
  const { config, ...checkpoint } = randomCheckpoint(
    {
      model_type: 'qwen2',
      hidden_size: 48,
      intermediate_size: 40,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      head_dim: 6,
      num_hidden_layers: 3,
      vocab_size: 64,
      tie_word_embeddings: false,
    },
    3,
  );
  const own = { model_type: 'seed_oss', architectures: ['SeedOssForCausalLM'], attention_bias: true };
  const raw = { ...config, ...own, attention_out_bias: false, mlp_bias: false };
  return decoderCheckpoint({ ...checkpoint, config: raw }, withSeedOss);
}

/** Gates after a run: half of the units removed, the others scaled. And the pruned model. */
export function madeUpRun(dense: DecoderCheckpoint) {
  const layout = decoderLayout(dense.decoder);
  const chance = random(9);
  const gates = Float32Array.from({ length: layout.size }, () => (chance() < 0.5 ? 0 : 0.5 + chance()));
  const mask = Uint8Array.from(gates, (gate) => (gate === 0 ? 0 : 1));
  return { gates, pruned: forTransformers(prunedView(dense, mask, gates)) };
}

export const someTokens = randomTokens(1, 12, 64, 5);
