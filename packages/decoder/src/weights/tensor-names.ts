/** Tensor names of a decoder checkpoint, as Hugging Face transformers writes them. */
export const EMBEDDING = 'model.embed_tokens.weight';
export const FINAL_NORM = 'model.norm.weight';
export const HEAD = 'lm_head.weight';

export type ProjectionName = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

export function projectionName(layer: number, projection: ProjectionName, part: 'weight' | 'bias'): string {
  const owner = projection.length === 1 ? 'self_attn' : 'mlp';
  return `model.layers.${layer}.${owner}.${projection}_proj.${part}`;
}

export function normName(layer: number, norm: 'attention' | 'feedForward' | 'query' | 'key'): string {
  const name = {
    attention: 'input_layernorm',
    feedForward: 'post_attention_layernorm',
    query: 'self_attn.q_norm',
    key: 'self_attn.k_norm',
  }[norm];
  return `model.layers.${layer}.${name}.weight`;
}
