import { isObject } from '../bytes/json.js';
import type { Checkpoint } from '../checkpoint.js';
import { jsonFile, tokenizerConfig, tokenText } from './tokenizer-config.js';

export type SpecialRole = 'bos' | 'eos' | 'unk' | 'pad';

/** The roles of a tokenizer's tokens, as the files beside it state them. */
export interface TokenizerRoles {
  /** Texts of special tokens. */
  readonly special: Readonly<Partial<Record<SpecialRole, string>>>;
  /** Ids of tokens that may end a reply. */
  readonly ends: readonly number[];
  /** Jinja template that renders a conversation as a prompt. */
  readonly chatTemplate?: string;
}

/**
 * Reads tokenizer_config.json, special_tokens_map.json, generation_config.json and chat_template.jinja, if they exist, and
 * the end tokens in config.json.
 *
 * @throws CheckpointFormatError if one of them is not JSON; what reading it throws
 */
export async function tokenizerRoles(
  checkpoint: Pick<Checkpoint, 'source' | 'config' | 'files'>,
): Promise<TokenizerRoles> {
  const tokenizer = await tokenizerConfig(checkpoint);
  const generation = await jsonFile(checkpoint, 'generation_config.json');
  const special: Partial<Record<SpecialRole, string>> = {};
  for (const role of ['bos', 'eos', 'unk', 'pad'] as const) {
    const text = tokenText(tokenizer[`${role}_token`]);
    if (text !== undefined) special[role] = text;
  }
  const file = checkpoint.files.find(({ name }) => name === 'chat_template.jinja');
  const chatTemplate = file
    ? new TextDecoder().decode(await file.read())
    : defaultTemplate(tokenizer.chat_template);
  return {
    special,
    ends: [...ids(generation.eos_token_id), ...ids(checkpoint.config.eos_token_id)],
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
}

/** The template of a field that holds one, or several by name. */
function defaultTemplate(field: unknown): string | undefined {
  if (typeof field === 'string') return field;
  const named = Array.isArray(field) ? field.filter(isObject) : [];
  const chosen = named.find(({ name }) => name === 'default') ?? named[0];
  return typeof chosen?.template === 'string' ? chosen.template : undefined;
}

/** The ids of a field that holds one, several or none. Negative ids stand for none. */
const ids = (value: unknown): number[] =>
  (Array.isArray(value) ? value : [value]).filter((id): id is number => Number.isSafeInteger(id) && id >= 0);
