/** What each rotary frequency is divided by, `[headDim / 2]`. It has no Hugging Face name: config.json says it. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** Tensors outside the layers, GGUF name → Hugging Face name. */
const OUTER: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

/** Parts of a layer, GGUF → Hugging Face. */
const PARTS: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** The Hugging Face name of a GGUF tensor of the llama family, or undefined if it has none. */
export function huggingFaceName(name: string): string | undefined {
  if (Object.hasOwn(OUTER, name)) return OUTER[name];
  const match = /^blk\.(\d{1,5})\.([a-z_]+)\.(weight|bias)$/.exec(name);
  const part = match?.[2] !== undefined && Object.hasOwn(PARTS, match[2]) ? PARTS[match[2]] : undefined;
  return part === undefined ? undefined : `model.layers.${match![1]}.${part}.${match![3]}`;
}

const OUTER_NAMES = new Map(Object.entries(OUTER).map(([gguf, name]) => [name, gguf]));
const PART_NAMES = new Map(Object.entries(PARTS).map(([gguf, name]) => [name, gguf]));

/** The GGUF name of a Hugging Face tensor of the llama family, or undefined if it has none. */
export function ggufName(name: string): string | undefined {
  const match = /^model\.layers\.(\d{1,5})\.([a-z_.]+)\.(weight|bias)$/.exec(name);
  const part = match ? PART_NAMES.get(match[2]!) : undefined;
  return part === undefined ? OUTER_NAMES.get(name) : `blk.${match![1]}.${part}.${match![3]}`;
}

/** Whether rotary embeddings rotate the rows of a tensor, by its Hugging Face name: weights and biases of q and k. */
export function hasRotaryRows(name: string): boolean {
  return /\.self_attn\.[qk]_proj\.(weight|bias)$/.test(name);
}
