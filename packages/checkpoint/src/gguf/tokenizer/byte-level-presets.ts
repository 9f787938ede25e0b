/**
 * How byte-level BPE tokenizers split text, by the names of the metadata key `tokenizer.ggml.pre`. The facts are those of
 * llama.cpp: each name gives the pieces that llama.cpp gives, except for the normalizer of `qwen2`.
 */

/** What differs between byte-level BPE tokenizers. */
export interface ByteLevelPreset {
  readonly normalizer: unknown;
  /** Steps before bytes are mapped to characters. */
  readonly splits: readonly unknown[];
  /** Whether the byte-level step also splits words by GPT-2's pattern. */
  readonly gpt2Words: boolean;
  /** Whether a piece that is a token is taken whole, without merging. */
  readonly ignoreMerges: boolean;
  /** Whether text begins with BOS if the file does not say. */
  readonly addBos: boolean;
}

const GPT2: ByteLevelPreset = {
  normalizer: null,
  splits: [],
  gpt2Words: true,
  ignoreMerges: false,
  addBos: false,
};

const GPT2_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const CONTRACTIONS = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
const SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
/** A run that ends in lower case, or one that begins in upper case, with a character before and perhaps a suffix. */
const cased = (suffix: string) =>
  [
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+${suffix}`,
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*${suffix}`,
  ].join('|');
const CASED_END = String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*|${SPACES}`;

/** A way of splitting that replaces GPT-2's. */
const splitBy = (...patterns: readonly string[]): ByteLevelPreset => ({
  ...GPT2,
  splits: patterns.map(split),
  gpt2Words: false,
});

/** The split of LLaMA-3 and Qwen, which differ in how many digits form a piece. */
const words = (digits: string) =>
  String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|${SPACES}`;

const LLAMA3 = splitBy(words('\\p{N}{1,3}'));

export const PRESETS: Readonly<Record<string, ByteLevelPreset>> = {
  'gpt-2': GPT2,
  smollm: { ...GPT2, splits: [{ type: 'Digits', individual_digits: true }] },
  // llama.cpp does not normalize. Qwen's own tokenizer does, and so does transformers when it reads the file.
  qwen2: { ...splitBy(words('\\p{N}')), normalizer: { type: 'NFC' } },
  stablelm2: splitBy(words('\\p{N}')),
  'llama-bpe': { ...LLAMA3, ignoreMerges: true, addBos: true },
  minicpm5: { ...LLAMA3, ignoreMerges: true },
  dbrx: LLAMA3,
  tekken: {
    ...splitBy(`${cased('')}|\\p{N}|${CASED_END}`),
    ignoreMerges: true,
    addBos: true,
  },
  'gpt-4o': splitBy(`${cased(`${CONTRACTIONS}?`)}|\\p{N}{1,3}|${CASED_END}`),
  'deepseek-llm': splitBy(
    '[\\r\\n]',
    '\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}]+',
    '\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+',
    '\\s+$',
    '[一-龥ࠀ-一가-\ud7ff]+',
    '\\p{N}+',
  ),
  'deepseek-coder': splitBy('[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[一-龥ࠀ-一가-\ud7ff]+', '\\p{N}'),
  'deepseek-v3': splitBy(
    '\\p{N}{1,3}',
    '[一-龥\u3040-ゟ゠-ヿ]+',
    String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${'`'}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${SPACES}`,
  ),
  'seed-coder': splitBy(
    String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|${SPACES}`,
  ),
  superbpe: splitBy('\\p{N}+', '(?=(\\d{3})+(?!\\d))'),
  bloom: splitBy(' ?[^(\\s|.,!?…。，、।۔،)]+'),
  viking: splitBy(' ?[^(\\s|.,!?…。，、।۔،)]+', '\\p{N}'),
  falcon: splitBy('[\\p{P}\\$\\+<=>\\^~\\|`]+', GPT2_WORDS, '[0-9][0-9][0-9]'),
  /**
   * What llama.cpp does for a file that names no preset (`llm_tokenizer_bpe`). Its second pattern has no final `\s+`,
   * which only makes a piece of the character that would otherwise be left between two pieces.
   */
  default: splitBy('[\\p{P}\\$\\+<=>\\^~\\|]+', GPT2_WORDS, '\\p{N}+', '[0-9][0-9][0-9]'),
};

/** Other names that llama.cpp knows for the presets. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'llama-bpe': ['llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2', 'jina-v5-nano'],
  'gpt-2': [
    ...['phi-2', 'jina-es', 'jina-de', 'jina-v2-es', 'jina-v2-de', 'gigachat', 'a.x-4.0', 'mellum'],
    ...['mpt', 'olmo', 'jais', 'trillion', 'granite-docling', 'exaone4'],
  ],
  qwen2: ['deepseek-r1-qwen', 'megrez', 'kormo'],
  stablelm2: [
    ...['f2llmv2', 'bailingmoe', 'bailingmoe2', 'llada-moe', 'hunyuan', 'ufakzeka', 'grok-2', 'solar-open'],
  ],
  smollm: ['starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
  dbrx: ['smaug-bpe', 'chatglm-bpe', 'glm4'],
  'gpt-4o': ['llama4', 'kanana2', 'minimax-m2'],
  'deepseek-v3': ['hunyuan-dense', 'joyai-llm'],
  bloom: ['poro-chat', 'gpt3-finnish'],
};

/** Every name that {@link presetNamed} knows. */
export const PRESET_NAMES: readonly string[] = [...Object.keys(PRESETS), ...Object.values(ALIASES).flat()];

/** The preset with this name or alias. */
export function presetNamed(name: string): ByteLevelPreset | undefined {
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name];
  const alias = Object.entries(ALIASES).find(([, names]) => names.includes(name));
  return alias && PRESETS[alias[0]];
}

function split(pattern: string): unknown {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}
