import type { TokenizerRoles } from '@grasp/checkpoint';
import { chatPrompt, type Tokenizer } from '@grasp/tokenizer';
import { NoStartTokenError } from '../errors.js';

/** Where self-generated texts start and end. */
export interface WritingFormat {
  /**
   * Tokens before each part of a text, in turn. For a chat model: those before the user's message, then those before the
   * reply. For other models: one start token.
   */
  readonly openings: readonly Int32Array[];
  /** Tokens that end a part. */
  readonly ends: readonly number[];
}

/** Placeholder for the user's message. */
const MESSAGE = 'grasp-writes-here';

/**
 * Returns the format of self-generated texts for a model. If the model has a chat template, it generates both the user's
 * message and the reply.
 *
 * @throws NoStartTokenError if the model has neither a chat template nor a token that starts or ends a text;
 *   ChatTemplateError if the template cannot be parsed.
 */
export async function writingFormat(roles: TokenizerRoles, tokenizer: Tokenizer): Promise<WritingFormat> {
  const { bos, eos } = roles.special;
  const end = eos === undefined ? undefined : tokenizer.tokenId(eos);
  const ends = [...new Set([...roles.ends, ...(end === undefined ? [] : [end])])];
  const encode = (text: string) => tokenizer.encode(text, { specialTokens: false });
  const [before, after] =
    (await chatPrompt(roles)?.([{ role: 'user', content: MESSAGE }]))?.split(MESSAGE) ?? [];
  if (before !== undefined && after !== undefined) {
    const closing = await encode(after);
    const openings = [await encode(before)];
    // If the template closes the user's message with text, the model generates that text itself.
    if (ends.includes(closing[0]!)) openings.push(closing.subarray(1));
    return { openings, ends };
  }
  const start = bos === undefined ? (end ?? ends[0]) : tokenizer.tokenId(bos);
  if (start === undefined) throw new NoStartTokenError();
  return { openings: [Int32Array.of(start)], ends };
}
