import { CheckpointFormatError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { GgufMetadata } from '../header/metadata.js';
import { GENERAL, type GgufRole, TOKENIZER, tokenIdKey } from '../keys.js';
import { TOKEN_KIND, TOKENIZER_MODEL } from './tokenizer-model.js';

/** An entry of `added_tokens` in tokenizer.json: text that becomes one token before the rest is split. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: false;
  readonly lstrip: false;
  /** Whether the token takes the white space after it. */
  readonly rstrip: boolean;
  readonly normalized: false;
  readonly special: boolean;
}

export interface GgufVocabulary {
  /** Text of every token by id. */
  readonly tokens: readonly string[];
  /** Id by text. Without padding entries, which no text becomes. */
  readonly ids: ReadonlyMap<string, number>;
  readonly added: readonly AddedToken[];
  /**
   * Id and text of a special token, if the file names one. An id beyond the tokens counts as absent, as in llama.cpp. A
   * SentencePiece file that names none has the tokens of LLaMA.
   */
  special(role: GgufRole): { id: number; text: string } | undefined;
}

/** Ids of special tokens that llama.cpp assumes where a SentencePiece file does not name them. */
const LLAMA_IDS: Readonly<Partial<Record<GgufRole, number>>> = { unknown: 0, bos: 1, eos: 2 };

/** Special tokens of Phi-3 that leave the white space after them. llama.cpp knows these models by their names alone. */
const PHI3_PLAIN: readonly string[] = ['<unk>', '<s>', '<|endoftext|>'];

/** @throws CheckpointFormatError when lists disagree in length, or a text occurs twice */
export function ggufVocabulary(metadata: GgufMetadata): GgufVocabulary {
  const fail = (detail: string) => new CheckpointFormatError(metadata.file, detail);
  const tokens = metadata.texts(TOKENIZER.tokens);
  if (tokens === undefined) throw fail(`it has no ${TOKENIZER.tokens}`);
  const kinds = metadata.numbers(TOKENIZER.tokenType);
  if (kinds && kinds.length !== tokens.length)
    throw fail(`it has ${tokens.length} tokens and ${kinds.length} types`);
  const kindOf = (id: number) => kinds?.[id] ?? TOKEN_KIND.normal;

  const isPhi3 = /phi-?3/i.test(metadata.text(GENERAL.name) ?? '');
  const defaults = metadata.text(TOKENIZER.model) === TOKENIZER_MODEL.sentencePiece ? LLAMA_IDS : {};

  const ids = new Map<string, number>();
  const added: AddedToken[] = [];
  for (const [id, content] of tokens.entries()) {
    const kind = kindOf(id);
    if (kind === TOKEN_KIND.unused) continue;
    if (content.length > LIMITS.tokenLength) throw fail(`token ${id} has ${content.length} characters`);
    const other = ids.get(content);
    if (other !== undefined)
      throw fail(`tokens ${other} and ${id} are the same text ${JSON.stringify(content)}`);
    ids.set(content, id);
    if (kind === TOKEN_KIND.control || kind === TOKEN_KIND.userDefined || kind === TOKEN_KIND.unknown) {
      const special = kind !== TOKEN_KIND.userDefined;
      added.push({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: isPhi3 && !PHI3_PLAIN.includes(content),
        normalized: false,
        special,
      });
    }
  }
  return {
    tokens,
    ids,
    added,
    special(role) {
      for (const id of [metadata.number(tokenIdKey(role)), defaults[role]]) {
        const text = id === undefined ? undefined : tokens[id];
        if (id !== undefined && text !== undefined) return { id, text };
      }
      return undefined;
    },
  };
}
