import type { Tokenizer } from '@grasp/tokenizer';
import type { TokenScores } from '../../../shared/generation/token-scores.js';

type Decoding = Pick<Tokenizer, 'decode'>;

const textOf = (id: number, tokenizer: Decoding): Promise<string> =>
  tokenizer.decode([id], { skipSpecialTokens: false });

async function token(id: number, logprob: number, tokenizer: Decoding) {
  const text = await textOf(id, tokenizer);
  // Part of a character: its bytes are not known from its text.
  const bytes = text.includes('\uFFFD') ? null : [...Buffer.from(text)];
  return { token: text, logprob, bytes };
}

/** Scores as `/v1/chat/completions` has them. */
export async function chatScores(scores: readonly TokenScores[], tokenizer: Decoding) {
  const content = scores.map(async ({ id, logprob, likeliest }) => ({
    ...(await token(id, logprob, tokenizer)),
    top_logprobs: await Promise.all(likeliest.map((each) => token(each.id, each.logprob, tokenizer))),
  }));
  return { content: await Promise.all(content), refusal: null };
}

/**
 * Scores as `/v1/completions` has them.
 *
 * @param offset characters of the text before the first token
 */
export async function textScores(scores: readonly TokenScores[], tokenizer: Decoding, offset: number) {
  const tokens = await Promise.all(scores.map(({ id }) => textOf(id, tokenizer)));
  const top = scores.map(async ({ likeliest }) => {
    const entries = likeliest.map(async ({ id, logprob }) => [await textOf(id, tokenizer), logprob] as const);
    return Object.fromEntries(await Promise.all(entries));
  });
  let length = offset;
  const offsets = tokens.map((text) => {
    const start = length;
    length += text.length;
    return start;
  });
  return {
    tokens,
    token_logprobs: scores.map(({ logprob }) => logprob),
    top_logprobs: await Promise.all(top),
    text_offset: offsets,
  };
}
