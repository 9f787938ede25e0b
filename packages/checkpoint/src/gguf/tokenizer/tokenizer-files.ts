import { parseJson } from '@grasp/files';
import type { Checkpoint } from '../../checkpoint.js';
import { InexpressibleModelError } from '../../errors.js';
import { completeTokenizerJson } from '../../folder/added-tokens.js';
import { type SpecialRole, tokenizerRoles } from '../../folder/tokenizer-roles.js';

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** The part of a checkpoint that tells about its tokenizer. */
export type TokenizerSource = Pick<Checkpoint, 'source' | 'config' | 'files'>;

/** A tokenizer, as the files of a checkpoint describe it. */
export interface TokenizerFiles {
  /** The checkpoint, for messages. */
  readonly source: string;
  /** The content of tokenizer.json. */
  readonly tokenizer: Json;
  /** Id of every token of the model, without added tokens. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs in the order in which they are merged. */
  readonly merges: readonly (readonly [string, string])[];
  readonly added: readonly AddedToken[];
  /** Id of the token with a role, if the files name one. Ids beyond the vocabulary stand for none. */
  special(role: SpecialRole): number | undefined;
  /** Tokens that may end a reply. */
  readonly ends: readonly number[];
  readonly chatTemplate?: string;
}

/**
 * Reads tokenizer.json, the files beside it, and the token ids in config.json.
 *
 * @throws InexpressibleModelError if there is no tokenizer.json, or it is not a BPE tokenizer
 */
export async function readTokenizerFiles(checkpoint: TokenizerSource): Promise<TokenizerFiles> {
  const text = await completeTokenizerJson(checkpoint);
  const tokenizer = text === undefined ? undefined : (parseJson(text) as Json);
  const fail = (what: string, advice: string) =>
    new InexpressibleModelError(checkpoint.source, 'GGUF', what, advice);
  if (!tokenizer) {
    throw fail('a model without tokenizer.json', 'Copy it from the model this checkpoint was made from.');
  }
  const model = (tokenizer.model ?? {}) as Json;
  if (typeof model.vocab !== 'object' || model.vocab === null || !Array.isArray(model.merges)) {
    throw fail(`a tokenizer of type ${JSON.stringify(model.type ?? null)}`, 'Supported: BPE.');
  }
  const vocab = model.vocab as Record<string, number>;
  const added = ((tokenizer.added_tokens ?? []) as Json[]).map(({ id, content, special }) => ({
    id: Number(id),
    content: String(content),
    special: special === true,
  }));
  const roles = await tokenizerRoles(checkpoint);
  const size = [...Object.values(vocab), ...added.map(({ id }) => id)].reduce(
    (most, id) => Math.max(most, id + 1),
    0,
  );
  const isId = (id: number) => Number.isInteger(id) && id >= 0 && id < size;
  const idOf = (token: string) => added.find(({ content }) => content === token)?.id ?? vocab[token];
  const special = (role: SpecialRole) => {
    const text = roles.special[role] ?? (role === 'unk' ? model.unk_token : undefined);
    if (typeof text === 'string') return idOf(text);
    const id = checkpoint.config[`${role}_token_id`];
    const [first = id] = Array.isArray(id) ? id : [];
    return typeof first === 'number' && isId(first) ? first : undefined;
  };
  return {
    source: checkpoint.source,
    tokenizer,
    vocab,
    merges: (model.merges as unknown[]).map(mergePair),
    added,
    special,
    ends: roles.ends.filter(isId),
    ...(roles.chatTemplate === undefined ? {} : { chatTemplate: roles.chatTemplate }),
  };
}

/** A merge is a list of two tokens, or in older files two tokens with a space between. */
function mergePair(merge: unknown): readonly [string, string] {
  if (Array.isArray(merge)) return [String(merge[0]), String(merge[1])];
  const joined = String(merge);
  const space = joined.indexOf(' ', 1);
  return [joined.slice(0, space), joined.slice(space + 1)];
}

/** A step of tokenizer.json, or the steps of a sequence. */
export function stepsOf(step: unknown): readonly Json[] {
  if (typeof step !== 'object' || step === null) return [];
  const node = step as Json;
  const parts = node.normalizers ?? node.pretokenizers ?? node.processors;
  return Array.isArray(parts) ? parts.flatMap(stepsOf) : [node];
}
