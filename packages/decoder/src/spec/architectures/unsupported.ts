type Raw = Readonly<Record<string, unknown>>;

/** Why no model of a kind is supported, by what its config.json shows. */
const KINDS: readonly { readonly what: string; readonly of: (raw: Raw, modelType: string) => boolean }[] = [
  { what: 'an encoder-decoder model', of: (raw) => raw.is_encoder_decoder === true },
  {
    what: 'a mixture of experts',
    of: (raw, modelType) =>
      /moe|mixtral|gpt_oss|deepseek_v[234]|llama4|dbrx|jamba/.test(modelType) ||
      ['num_experts', 'num_local_experts', 'n_routed_experts', 'moe_num_experts'].some(
        (field) => Number(raw[field]) > 0,
      ),
  },
  {
    what: 'a model with linear attention or a state space',
    of: (raw, modelType) =>
      /mamba|rwkv|qwen3_next|qwen3_5|lfm2|falcon_h1|bamba|zamba|retnet|recurrent_gemma|granitemoehybrid|xlstm/.test(
        modelType,
      ) ||
      (Array.isArray(raw.layer_types) && raw.layer_types.includes('linear_attention')),
  },
];

/** What kind of model a config.json is of, if no model of that kind is supported. */
export function unsupportedKind(raw: Raw): string | undefined {
  const modelType = typeof raw.model_type === 'string' ? raw.model_type : '';
  return KINDS.find(({ of }) => of(raw, modelType))?.what;
}
