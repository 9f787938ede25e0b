import { InexpressibleModelError } from '../../errors.js';
import { flag, int32s, type Metadata, type MetadataValue, text, texts, uint32 } from '../header/values.js';
import { type GgufRole, TOKENIZER, tokenIdKey } from '../keys.js';
import { byteLevelMetadata } from './byte-level.js';
import { sentencePieceMetadata } from './sentencepiece.js';
import { type Json, stepsOf, type TokenizerFiles } from './tokenizer-files.js';
import { TOKEN_KIND } from './tokenizer-model.js';

/**
 * The metadata of a tokenizer as llama.cpp reads them: byte-level BPE as `gpt2` with the name of a preset, SentencePiece
 * BPE with byte fallback as `llama` with scores.
 *
 * @param vocabSize rows of the embedding matrix. Ids that the tokenizer lacks become unused tokens.
 * @throws InexpressibleModelError if no preset splits text as the tokenizer does, or it has more ids than there are
 *   embeddings
 */
export function tokenizerMetadata(files: TokenizerFiles, vocabSize: number): Metadata {
  const model = files.tokenizer.model as { readonly byte_fallback?: unknown };
  const sentencePiece = model.byte_fallback === true;
  const tokens = tokenList(files, vocabSize, sentencePiece);
  const [addBos, addEos] = addedAround(files);
  const bos = files.special('bos');
  const eos = files.special('eos') ?? files.ends[0];
  const eot = files.ends.find((id) => id !== eos);
  const roles: [GgufRole, number | undefined][] = [
    ['bos', bos],
    ['eos', eos],
    ['eot', eot],
    ['unknown', files.special('unk')],
    ['padding', files.special('pad')],
  ];
  return new Map<string, MetadataValue>([
    ...(sentencePiece ? sentencePieceMetadata(files, tokens.contents) : byteLevelMetadata(files)),
    [TOKENIZER.tokens, texts(tokens.contents)],
    [TOKENIZER.tokenType, int32s(tokens.kinds)],
    ...roles.flatMap(([role, id]) => (id === undefined ? [] : [[tokenIdKey(role), uint32(id)] as const])),
    [TOKENIZER.addBos, flag(addBos)],
    [TOKENIZER.addEos, flag(addEos)],
    ...(files.chatTemplate === undefined
      ? []
      : [[TOKENIZER.chatTemplate, text(files.chatTemplate)] as const]),
  ]);
}

/** Text and kind of every token by id. */
function tokenList({ source, vocab, added, special }: TokenizerFiles, vocabSize: number, bytes: boolean) {
  const entries: [string, number][] = [
    ...Object.entries(vocab),
    ...added.map(({ content, id }): [string, number] => [content, id]),
  ];
  const last = entries.reduce((most, [, id]) => Math.max(most, id), -1);
  if (last >= vocabSize) {
    const what = `a tokenizer with id ${last} beside ${vocabSize} embeddings`;
    throw new InexpressibleModelError(source, 'GGUF', what, 'Use the tokenizer of this very model.');
  }
  const contents = Array.from({ length: vocabSize }, (_, id) => `[PAD${id}]`);
  const kinds: number[] = Array.from({ length: vocabSize }, () => TOKEN_KIND.unused);
  for (const [content, id] of entries) {
    contents[id] = content;
    kinds[id] = bytes && /^<0x[0-9A-F]{2}>$/.test(content) ? TOKEN_KIND.byte : TOKEN_KIND.normal;
  }
  for (const token of added) kinds[token.id] = token.special ? TOKEN_KIND.control : TOKEN_KIND.userDefined;
  const unknown = special('unk');
  if (bytes && unknown !== undefined) kinds[unknown] = TOKEN_KIND.unknown;
  return { contents, kinds };
}

/** Whether BOS comes before, and EOS after, every text: what the template of the post-processor says. */
function addedAround({ source, tokenizer, special }: TokenizerFiles): [before: boolean, after: boolean] {
  const other = stepsOf(tokenizer.post_processor).find(({ type }) =>
    /^(?:Bert|Roberta)Processing$/.test(String(type)),
  );
  if (other) {
    const advice = 'Supported: TemplateProcessing.';
    throw new InexpressibleModelError(source, 'GGUF', `a tokenizer with ${String(other.type)}`, advice);
  }
  const template = stepsOf(tokenizer.post_processor).find(({ type }) => type === 'TemplateProcessing');
  const single = Array.isArray(template?.single) ? (template.single as Json[]) : [];
  const at = single.findIndex((piece) => 'Sequence' in piece);
  const isSpecial = (piece: Json) => 'SpecialToken' in piece;
  return [
    special('bos') !== undefined && single.slice(0, at).some(isSpecial),
    special('eos') !== undefined && single.slice(at + 1).some(isSpecial),
  ];
}
