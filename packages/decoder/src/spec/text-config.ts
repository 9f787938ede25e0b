import type { Architecture } from './architectures/architecture.js';

type Raw = Readonly<Record<string, unknown>>;

/** Fields of an outer config.json that hold for its language model. */
const SHARED = [
  'torch_dtype',
  'dtype',
  'transformers_version',
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
];

/**
 * The config of the language model of a model that reads images too: its `text_config`, as a config.json of its own. A config of
 * an architecture that transformers takes for another one is returned as one of the other. Any other config is returned as it is.
 */
export function textConfig(raw: Raw, architectures: readonly Architecture[]): Raw {
  const other = architectures.findLast(({ takes }) => takes?.(raw));
  if (other) return { ...raw, model_type: other.modelType, architectures: [other.className] };
  const { model_type: modelType, text_config: text } = raw;
  const architecture = architectures.findLast(
    ({ multimodal }) => multimodal !== undefined && multimodal === modelType,
  );
  if (!architecture || typeof text !== 'object' || text === null || Array.isArray(text)) return raw;
  const shared = SHARED.filter((field) => raw[field] !== undefined).map((field) => [field, raw[field]]);
  // transformers 5 asks the outer config, transformers 4 the inner one. A head that is stored and differs counts anyway.
  const tied = [raw, text as Raw].some(({ tie_word_embeddings }) => tie_word_embeddings !== false);
  return {
    ...Object.fromEntries(shared),
    ...text,
    tie_word_embeddings: tied,
    ...Object.fromEntries((architecture.ignoredInMultimodal ?? []).map((field) => [field, null])),
    model_type: architecture.modelType,
    architectures: [architecture.className],
  };
}
