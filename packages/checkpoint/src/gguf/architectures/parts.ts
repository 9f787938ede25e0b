/** The matrices of a layer, GGUF name → Hugging Face name. */
export const ATTENTION = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
} as const;

/** One tensor with the rows of q, k and v. llama.cpp reads it in place of the three in every architecture. */
export const FUSED_QKV = { attn_qkv: [ATTENTION.attn_q, ATTENTION.attn_k, ATTENTION.attn_v] } as const;

export const FEED_FORWARD = {
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
} as const;

/** The gate's rows, then those of the other matrix, in one tensor. */
export const FUSED_FEED_FORWARD = {
  ffn_up: [FEED_FORWARD.ffn_gate, FEED_FORWARD.ffn_up],
  ffn_down: FEED_FORWARD.ffn_down,
} as const;

export const HEAD_NORMS = { attn_q_norm: 'self_attn.q_norm', attn_k_norm: 'self_attn.k_norm' } as const;

/** LLaMA's norms before both sublayers. */
export const NORMS = { attn_norm: 'input_layernorm', ffn_norm: 'post_attention_layernorm' } as const;

/** Norms after both sublayers, none before them. */
export const POST_NORMS = {
  post_attention_norm: 'post_attention_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
} as const;

export const LLAMA_PARTS = { ...NORMS, ...ATTENTION, ...FEED_FORWARD } as const;

/** Projections with biases, by the last part of their Hugging Face names. */
export const QKV = ['q_proj', 'k_proj', 'v_proj'] as const;
export const QKVO = [...QKV, 'o_proj'] as const;
export const MLP = ['gate_proj', 'up_proj', 'down_proj'] as const;

export const SILU = ['hidden_act', 'silu'] as const;
