import type { TokenizerRoles } from '@grasp/checkpoint';
import { chatPrompt, type Tokenizer } from '@grasp/tokenizer';
import { NoStartTokenError } from './errors.js';

/** How the texts begin and end that a model writes by itself. */
export interface WritingFormat {
  /**
   * Tokens put before each part of a text, in turn: of a model that chats what stands before a user's message, then what
   * stands before the reply; of any other a start token alone.
   */
  readonly openings: readonly Int32Array[];
  /** Tokens that end a part. */
  readonly ends: readonly number[];
}

/** Stands for what a user says. */
const MESSAGE = 'grasp-writes-here';

/**
 * The format of a model, from its chat template where it has one: it writes the user's message too.
 *
 * @throws NoStartTokenError where there is neither a template nor a token that texts start or end with;
 *   ChatTemplateError for a template that cannot be read.
 */
export async function writingFormat(roles: TokenizerRoles, tokenizer: Tokenizer): Promise<WritingFormat> {
  const { bos, eos } = roles.special;
  const end = eos === undefined ? undefined : tokenizer.tokenId(eos);
  const ends = [...new Set([...roles.ends, ...(end === undefined ? [] : [end])])];
  const encode = (text: string) => tokenizer.encode(text, { specialTokens: false });
  const [before, after] = chatPrompt(roles)?.([{ role: 'user', content: MESSAGE }]).split(MESSAGE) ?? [];
  if (before !== undefined && after !== undefined) {
    const closing = await encode(after);
    const openings = [await encode(before)];
    // A template may close the user's message with words of its own: the model then writes on through them.
    if (ends.includes(closing[0]!)) openings.push(closing.subarray(1));
    return { openings, ends };
  }
  const start = bos === undefined ? (end ?? ends[0]) : tokenizer.tokenId(bos);
  if (start === undefined) throw new NoStartTokenError();
  return { openings: [Int32Array.of(start)], ends };
}
