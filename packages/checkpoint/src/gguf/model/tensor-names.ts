import type { GgufArchitecture } from '../architectures/architecture.js';
import { FUSED_QKV } from '../architectures/parts.js';

/** Divisors of the rotary frequencies. They have no Hugging Face names: config.json says them. */
export const ROPE_TENSORS = {
  /** `[rotated entries / 2]`, for texts of any length. */
  factors: 'rope_freqs.weight',
  /** LongRoPE's, for texts within the length of training. */
  short: 'rope_factors_short.weight',
  /** LongRoPE's, for longer texts. */
  long: 'rope_factors_long.weight',
} as const;

/** Tensors outside the layers, GGUF name → Hugging Face name. */
const OUTER: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

type Parts = Pick<GgufArchitecture, 'parts'>;

/**
 * The Hugging Face name of a GGUF tensor, or the names of the tensors whose rows it holds one after another. Undefined if
 * the architecture has no such tensor.
 */
export function huggingFaceNames(name: string, { parts }: Parts): readonly string[] | undefined {
  if (Object.hasOwn(OUTER, name)) return [OUTER[name]!];
  const match = /^blk\.(\d{1,5})\.([a-z_]+)\.(weight|bias)$/.exec(name);
  if (!match) return undefined;
  const [, layer, part, kind] = match;
  const known: Parts['parts'] = { ...FUSED_QKV, ...parts };
  if (!Object.hasOwn(known, part!)) return undefined;
  return [known[part!]!].flat().map((own) => `model.layers.${layer}.${own}.${kind}`);
}

const OUTER_NAMES = new Map(Object.entries(OUTER).map(([gguf, name]) => [name, gguf]));

/** The GGUF name of the tensor that holds a Hugging Face tensor, or undefined if the architecture has none. */
export function ggufName(name: string, { parts }: Parts): string | undefined {
  const match = /^model\.layers\.(\d{1,5})\.([a-z_.]+)\.(weight|bias)$/.exec(name);
  if (!match) return OUTER_NAMES.get(name);
  const [, layer, own, kind] = match;
  const part = Object.keys(parts).find((key) => [parts[key]!].flat().includes(own!));
  return part === undefined ? undefined : `blk.${layer}.${part}.${kind}`;
}
