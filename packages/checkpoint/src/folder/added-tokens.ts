import { parseJson } from '@grasp/files';
import { isObject } from '../bytes/json.js';
import type { Checkpoint } from '../checkpoint.js';
import { jsonFile, SPECIAL_KEYS, tokenizerConfig, tokenText } from './tokenizer-config.js';

type Fields = Readonly<Record<string, unknown>>;

/** An entry of `added_tokens` in tokenizer.json, before it has an id. */
interface NamedToken {
  readonly content: string;
  readonly special: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly single_word: boolean;
}

/**
 * Reads tokenizer.json and appends the added tokens that only other files name, as transformers does when it loads a
 * tokenizer: `added_tokens_decoder` of tokenizer_config.json or otherwise added_tokens.json, then the special tokens of
 * tokenizer_config.json and special_tokens_map.json. A token of added_tokens.json whose id tokenizer.json gives to another is
 * left out. A token of the vocabulary keeps its id. Others get the next free ids in
 * this order.
 *
 * @returns the text of tokenizer.json, unchanged if nothing is missing or it is damaged; undefined if there is none
 * @throws CheckpointFormatError if another file is not JSON; what reading the files throws
 */
export async function completeTokenizerJson(
  checkpoint: Pick<Checkpoint, 'source' | 'files'>,
): Promise<string | undefined> {
  const file = checkpoint.files.find(({ name }) => name === 'tokenizer.json');
  if (!file) return undefined;
  const text = new TextDecoder().decode(await file.read());
  const document = documentOf(text);
  if (!document) return text;
  const named = await namedTokens(checkpoint, new Set(addedIn(document).map(({ id }) => Number(id))));
  if (named.length === 0) return text;
  const missing = withIds(document, named);
  if (missing.length === 0) return text;
  return JSON.stringify({ ...document, added_tokens: [...addedIn(document), ...missing] });
}

/** Every token that the files beside tokenizer.json name, in the order in which transformers adds them. */
async function namedTokens(
  checkpoint: Pick<Checkpoint, 'source' | 'files'>,
  taken: ReadonlySet<number>,
): Promise<NamedToken[]> {
  const config = await tokenizerConfig(checkpoint);
  const specials = SPECIAL_KEYS.flatMap((key) => several(config[key]));
  const texts = new Set(specials.map(tokenText));
  const listed = isObject(config.added_tokens_decoder)
    ? inOrder(config.added_tokens_decoder).map(([, token]) => namedToken(token, false))
    : byId(await jsonFile(checkpoint, 'added_tokens.json'), taken).map((text) =>
        namedToken(text, texts.has(text)),
      );
  const tokens = [...listed, ...specials.map((token) => namedToken(token, true))];
  return tokens.flatMap((token) =>
    token ? [{ ...token, special: token.special || texts.has(token.content) }] : [],
  );
}

const several = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  return isObject(value) && !('content' in value) ? Object.values(value) : [value];
};

/** Entries by their numeric key. */
const inOrder = (decoder: Fields): [string, unknown][] =>
  Object.entries(decoder).sort(([a], [b]) => Number(a) - Number(b));

const byId = (encoder: Fields, taken: ReadonlySet<number>): string[] =>
  Object.entries(encoder)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number' && !taken.has(entry[1]))
    .sort(([, a], [, b]) => a - b)
    .map(([text]) => text);

function namedToken(token: unknown, isSpecial: boolean): NamedToken | undefined {
  const content = tokenText(token);
  if (content === undefined || content === '') return undefined;
  const fields: Fields = isObject(token) ? token : {};
  const special = isSpecial || fields.special === true;
  const is = (name: string) => fields[name] === true;
  return {
    content,
    special,
    lstrip: is('lstrip'),
    rstrip: is('rstrip'),
    single_word: is('single_word'),
    normalized: typeof fields.normalized === 'boolean' ? fields.normalized : !special,
  };
}

/** Those of the tokens that tokenizer.json does not add, with the ids that the tokenizers library gives them. */
function withIds(document: Fields, named: readonly NamedToken[]): (NamedToken & { readonly id: number })[] {
  const added = new Map(addedIn(document).map(({ content, id }) => [content, Number(id)]));
  if (named.every(({ content }) => added.has(content))) return [];
  const vocabulary = vocabularyOf(document.model);
  let next = [...added.values()].reduce((most, id) => Math.max(most, id + 1), vocabulary.size);
  const missing: (NamedToken & { readonly id: number })[] = [];
  for (const token of named) {
    if (added.has(token.content)) continue;
    const id = vocabulary.get(token.content) ?? next++;
    added.set(token.content, id);
    missing.push({ id, ...token });
  }
  return missing;
}

function addedIn({ added_tokens: added }: Fields): readonly Fields[] {
  return Array.isArray(added) ? added.filter(isObject) : [];
}

/** Ids by text of the tokens of a model: an object, or for Unigram a list of tokens and scores. */
function vocabularyOf(model: unknown): ReadonlyMap<unknown, number> {
  const vocab = isObject(model) ? model.vocab : undefined;
  if (Array.isArray(vocab))
    return new Map(vocab.map((entry, id) => [Array.isArray(entry) ? entry[0] : id, id]));
  return new Map(Object.entries(isObject(vocab) ? vocab : {}).map(([text, id]) => [text, Number(id)]));
}

function documentOf(text: string): Fields | undefined {
  try {
    const document = parseJson(text);
    return isObject(document) ? document : undefined;
  } catch {
    return undefined; // the caller parses it again, and reports it
  }
}
