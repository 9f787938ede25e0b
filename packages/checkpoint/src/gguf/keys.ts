/** Keys of GGUF metadata, each written down here alone. */

/** What a file says about itself. */
export const GENERAL = {
  architecture: 'general.architecture',
  type: 'general.type',
  name: 'general.name',
  license: 'general.license',
  licenseName: 'general.license.name',
  licenseLink: 'general.license.link',
  languages: 'general.languages',
  repoUrl: 'general.repo_url',
  sourceRepoUrl: 'general.source.repo_url',
  fileType: 'general.file_type',
  quantizationVersion: 'general.quantization_version',
  alignment: 'general.alignment',
} as const;

/** Parts of a file that is split into several. */
export const SPLIT_COUNT = 'split.count';

/** Hyperparameters. `modelKey` puts the architecture before them. */
export const MODEL = {
  vocabSize: 'vocab_size',
  contextLength: 'context_length',
  hiddenSize: 'embedding_length',
  layers: 'block_count',
  channels: 'feed_forward_length',
  expertChannels: 'expert_feed_forward_length',
  heads: 'attention.head_count',
  kvHeads: 'attention.head_count_kv',
  keyDim: 'attention.key_length',
  valueDim: 'attention.value_length',
  normEpsilon: 'attention.layer_norm_rms_epsilon',
  ropeDim: 'rope.dimension_count',
  /** Entries of a head that are rotated in layers with a window. */
  ropeDimLocal: 'rope.dimension_count_swa',
  ropeTheta: 'rope.freq_base',
  ropeScalingType: 'rope.scaling.type',
  ropeScalingFactor: 'rope.scaling.factor',
  /** The key of older files for the factor of linear scaling. */
  ropeScaleLinear: 'rope.scale_linear',
  ropeOriginalContext: 'rope.scaling.original_context_length',
  /** Factor on rotated queries and keys, beside that of YaRN. */
  ropeAttentionFactor: 'rope.scaling.attn_factor',
  yarnBetaFast: 'rope.scaling.yarn_beta_fast',
  yarnBetaSlow: 'rope.scaling.yarn_beta_slow',
  /** `mscale_all_dim` of config.json. */
  yarnLogMultiplier: 'rope.scaling.yarn_log_multiplier',
  /** Base in layers with a window. */
  ropeThetaLocal: 'rope.freq_base_swa',
  /** Most keys that a query sees, itself included. 0: all before it. */
  window: 'attention.sliding_window',
  /** Whether each layer has the window; or a period, whose last layer has none. */
  windowPattern: 'attention.sliding_window_pattern',
  /** Growth of queries with their position. */
  temperatureScale: 'attention.temperature_scale',
  attentionScale: 'attention.scale',
  attentionCap: 'attn_logit_softcapping',
  logitCap: 'final_logit_softcapping',
  embeddingScale: 'embedding_scale',
  residualScale: 'residual_scale',
  /** What logits are divided by. */
  logitScale: 'logit_scale',
} as const;

/** A hyperparameter. */
export type ModelKey = (typeof MODEL)[keyof typeof MODEL];

/** `llama`, `block_count` → `llama.block_count` */
export const modelKey = (architecture: string, name: ModelKey): string => `${architecture}.${name}`;

export const TOKENIZER = {
  model: 'tokenizer.ggml.model',
  /** How text is split before BPE. */
  pre: 'tokenizer.ggml.pre',
  tokens: 'tokenizer.ggml.tokens',
  tokenType: 'tokenizer.ggml.token_type',
  scores: 'tokenizer.ggml.scores',
  merges: 'tokenizer.ggml.merges',
  addBos: 'tokenizer.ggml.add_bos_token',
  addEos: 'tokenizer.ggml.add_eos_token',
  addSpacePrefix: 'tokenizer.ggml.add_space_prefix',
  chatTemplate: 'tokenizer.chat_template',
} as const;

/** Roles of special tokens, by GGUF's names. */
export type GgufRole = 'bos' | 'eos' | 'eot' | 'unknown' | 'padding';

/** `bos` → `tokenizer.ggml.bos_token_id` */
export const tokenIdKey = (role: GgufRole): string => `tokenizer.ggml.${role}_token_id`;
