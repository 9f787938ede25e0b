import type { Decoder } from '@grasp/decoder';

/** How the greedy tokens of two programs agree after one prompt. */
export interface TokenAgreement {
  /** Equal tokens before the first difference. */
  readonly equal: number;
  readonly tokens: number;
  /** At the first difference: our logit of our token, minus our logit of theirs. Absent if all are equal. */
  readonly gap?: number;
}

/** Compares our greedy tokens, computed with a cache, with those of another program. */
export async function compareTokens(
  decoder: Decoder,
  prompt: Int32Array,
  theirs: readonly number[],
): Promise<TokenAgreement> {
  const tokens = theirs.length;
  const ours: number[] = [];
  for await (const id of decoder.under().generate(prompt, { maxTokens: tokens })) ours.push(id);
  const first = theirs.findIndex((id, at) => id !== ours[at]);
  if (first < 0) return { equal: tokens, tokens };
  const ids = Int32Array.from([...prompt, ...theirs.slice(0, first)]);
  const logits = (await decoder.under().logits({ ids, shape: [1, ids.length] })).slice(
    -decoder.config.vocabSize,
  );
  return { equal: first, tokens, gap: logits[ours[first]!]! - logits[theirs[first]!]! };
}
