import { normals, random } from '../numbers/random.js';

/** The shape of a small decoder to make up. Fields are those of config.json. */
export interface TinyConfig {
  readonly model_type: 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'granite';
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly num_hidden_layers: number;
  readonly vocab_size: number;
  readonly tie_word_embeddings: boolean;
  readonly [field: string]: unknown;
}

/** A decoder with random weights, held in memory; it has the shape of a `Checkpoint` of `@grasp/checkpoint`. */
export function randomCheckpoint(config: TinyConfig, seed: number) {
  const { hidden_size: d, intermediate_size: F, head_dim: h, vocab_size: V } = config;
  const [heads, groups] = [config.num_attention_heads * h, config.num_key_value_heads * h];
  const weights = new Map<string, { shape: number[]; data: Float32Array }>();
  let next = seed;
  const add = (name: string, shape: number[], scale: number, mean = 0) => {
    const data = normals(
      shape.reduce((a, b) => a * b, 1),
      next++,
      scale,
    );
    weights.set(name, { shape, data: mean === 0 ? data : data.map((x) => x + mean) });
  };
  const biased = config.model_type === 'qwen2' || config.attention_bias === true;
  const projection = (name: string, out: number, inn: number, bias: boolean) => {
    add(`${name}.weight`, [out, inn], 1.2 / Math.sqrt(inn));
    if (bias) add(`${name}.bias`, [out], 0.3);
  };
  add('model.embed_tokens.weight', [V, d], 1);
  for (let l = 0; l < config.num_hidden_layers; l++) {
    const layer = `model.layers.${l}`;
    add(`${layer}.input_layernorm.weight`, [d], 0.1, 1);
    projection(`${layer}.self_attn.q_proj`, heads, d, biased);
    projection(`${layer}.self_attn.k_proj`, groups, d, biased);
    projection(`${layer}.self_attn.v_proj`, groups, d, biased);
    projection(`${layer}.self_attn.o_proj`, d, heads, config.attention_bias === true);
    if (config.model_type === 'qwen3') {
      add(`${layer}.self_attn.q_norm.weight`, [h], 0.1, 1);
      add(`${layer}.self_attn.k_norm.weight`, [h], 0.1, 1);
    }
    add(`${layer}.post_attention_layernorm.weight`, [d], 0.1, 1);
    for (const name of ['gate', 'up'])
      projection(`${layer}.mlp.${name}_proj`, F, d, config.mlp_bias === true);
    projection(`${layer}.mlp.down_proj`, d, F, config.mlp_bias === true);
  }
  add('model.norm.weight', [d], 0.1, 1);
  if (!config.tie_word_embeddings) add('lm_head.weight', [V, d], 1 / Math.sqrt(d));
  return {
    source: `a random ${config.model_type}`,
    config: { rms_norm_eps: 1e-5, max_position_embeddings: 256, hidden_act: 'silu', ...config },
    tensors: new Map(
      [...weights].map(([name, { shape }]) => [name, { name, dtype: 'F32' as const, shape }] as const),
    ),
    files: [],
    read: async (name: string) => {
      const weight = weights.get(name);
      if (!weight) throw new Error(`no tensor ${name}`);
      return { dtype: 'F32' as const, ...weight };
    },
    close: async () => {},
  };
}

/** `[rows, length]` random token ids. */
export function randomTokens(rows: number, length: number, vocabulary: number, seed: number) {
  const next = random(seed);
  const ids = Int32Array.from({ length: rows * length }, () => Math.floor(next() * vocabulary));
  return { ids, shape: [rows, length] as const };
}
