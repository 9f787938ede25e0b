import { isObject, parseJsonObject } from '../bytes/json.js';
import type { Checkpoint } from '../checkpoint.js';

type Fields = Readonly<Record<string, unknown>>;
type Files = Pick<Checkpoint, 'source' | 'files'>;

/** Keys whose values are special tokens, in the order in which transformers adds them to a tokenizer. */
export const SPECIAL_KEYS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
  'additional_special_tokens',
  'extra_special_tokens',
] as const;

/**
 * Reads tokenizer_config.json with the special tokens of special_tokens_map.json. As in transformers, the map comes first,
 * adds its `additional_special_tokens` to the others, and counts for nothing if tokenizer_config.json has an
 * `added_tokens_decoder`.
 *
 * @throws CheckpointFormatError if a file is not JSON; what reading it throws
 */
export async function tokenizerConfig(checkpoint: Files): Promise<Fields> {
  const config = await jsonFile(checkpoint, 'tokenizer_config.json');
  if (isObject(config.added_tokens_decoder)) return config;
  const map = await jsonFile(checkpoint, 'special_tokens_map.json');
  const known = Object.fromEntries(SPECIAL_KEYS.filter((key) => key in map).map((key) => [key, map[key]]));
  const [own, more] = [config.additional_special_tokens, map.additional_special_tokens];
  const both = Array.isArray(own) && Array.isArray(more);
  return { ...config, ...known, ...(both ? { additional_special_tokens: [...own, ...more] } : {}) };
}

/** The content of a JSON file of a checkpoint. Empty if there is no such file. */
export async function jsonFile({ source, files }: Files, name: string): Promise<Fields> {
  const file = files.find((entry) => entry.name === name);
  return file ? parseJsonObject(await file.read(), `${source}: ${name}`) : {};
}

/** The text of a token that a file names by its text or by an object. */
export function tokenText(token: unknown): string | undefined {
  const text = isObject(token) ? token.content : token;
  return typeof text === 'string' ? text : undefined;
}
