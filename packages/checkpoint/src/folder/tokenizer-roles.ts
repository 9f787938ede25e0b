import { isObject, parseJsonObject } from '../bytes/json.js';
import type { Checkpoint } from '../checkpoint.js';

export type SpecialRole = 'bos' | 'eos' | 'unk' | 'pad';

/** What the files beside a tokenizer say of its tokens' roles. */
export interface TokenizerRoles {
  /** Texts of special tokens. */
  readonly special: Readonly<Partial<Record<SpecialRole, string>>>;
  /** Ids of tokens that may end a reply. */
  readonly ends: readonly number[];
  /** Jinja template that makes a prompt of a conversation. */
  readonly chatTemplate?: string;
}

/**
 * Reads tokenizer_config.json, generation_config.json and chat_template.jinja, as far as they are there, and the ends
 * that config.json names.
 *
 * @throws CheckpointFormatError if one of them is not JSON; what reading it throws.
 */
export async function tokenizerRoles(
  checkpoint: Pick<Checkpoint, 'source' | 'config' | 'files'>,
): Promise<TokenizerRoles> {
  const tokenizer = await json(checkpoint, 'tokenizer_config.json');
  const generation = await json(checkpoint, 'generation_config.json');
  const special: Partial<Record<SpecialRole, string>> = {};
  for (const role of ['bos', 'eos', 'unk', 'pad'] as const) {
    const named = tokenizer[`${role}_token`];
    const text = isObject(named) ? named.content : named;
    if (typeof text === 'string') special[role] = text;
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

/** One template, or several by name. */
function defaultTemplate(field: unknown): string | undefined {
  if (typeof field === 'string') return field;
  const named = Array.isArray(field) ? field.filter(isObject) : [];
  const chosen = named.find(({ name }) => name === 'default') ?? named[0];
  return typeof chosen?.template === 'string' ? chosen.template : undefined;
}

async function json(
  { source, files }: Pick<Checkpoint, 'source' | 'files'>,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const file = files.find((entry) => entry.name === name);
  return file ? parseJsonObject(await file.read(), `${source}: ${name}`) : {};
}

/** Ids of a field that holds one, several or none. */
const ids = (value: unknown): number[] =>
  (Array.isArray(value) ? value : [value]).filter((id): id is number => typeof id === 'number');
