import { byteLevelPresetName } from '@grasp/checkpoint';
import { InexpressibleModelError } from '../errors.js';
import {
  flag,
  float32s,
  int32s,
  type Metadata,
  type MetadataValue,
  text,
  texts,
  uint32,
} from './metadata.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** Kinds of token in `tokenizer.ggml.token_type`. */
const KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/**
 * The tokenizer as llama.cpp reads it: byte-level BPE as `gpt2` with the name of its splitting rules, SentencePiece
 * BPE with byte fallback as `llama` with scores.
 *
 * @param vocabSize rows of the embedding matrix: ids beyond the tokenizer's are filled with unused tokens.
 * @throws InexpressibleModelError for a tokenizer that splits text in a way llama.cpp has no name for here, or that has
 *   more ids than there are embeddings.
 */
export function tokenizerMetadata(files: TokenizerFiles, vocabSize: number): Metadata {
  const model = files.tokenizer.model as { readonly byte_fallback?: unknown };
  const sentencePiece = model.byte_fallback === true;
  const tokens = tokenList(files, vocabSize, sentencePiece);
  const [addBos, addEos] = addedAround(files);
  const bos = files.special('bos');
  const eos = files.special('eos') ?? files.ends[0];
  const eot = files.ends.find((id) => id !== eos);
  const roles: [string, number | undefined][] = [
    ['bos', bos],
    ['eos', eos],
    ['eot', eot],
    ['unknown', files.special('unk')],
    ['padding', files.special('pad')],
  ];
  return new Map<string, MetadataValue>([
    ...(sentencePiece ? sentencePieceModel(files, tokens.contents) : byteLevelModel(files)),
    ['tokenizer.ggml.tokens', texts(tokens.contents)],
    ['tokenizer.ggml.token_type', int32s(tokens.kinds)],
    ...roles.flatMap(([role, id]) =>
      id === undefined ? [] : [[`tokenizer.ggml.${role}_token_id`, uint32(id)] as const],
    ),
    ['tokenizer.ggml.add_bos_token', flag(addBos)],
    ['tokenizer.ggml.add_eos_token', flag(addEos)],
    ...(files.chatTemplate === undefined
      ? []
      : [['tokenizer.chat_template', text(files.chatTemplate)] as const]),
  ]);
}

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
  const kinds: number[] = Array.from({ length: vocabSize }, () => KIND.unused);
  for (const [content, id] of entries) {
    contents[id] = content;
    kinds[id] = bytes && /^<0x[0-9A-F]{2}>$/.test(content) ? KIND.byte : KIND.normal;
  }
  for (const token of added) kinds[token.id] = token.special ? KIND.control : KIND.userDefined;
  const unknown = special('unk');
  if (bytes && unknown !== undefined) kinds[unknown] = KIND.unknown;
  return { contents, kinds };
}

type Entries = (readonly [string, MetadataValue])[];

function byteLevelModel({ source, tokenizer, merges }: TokenizerFiles): Entries {
  const preset = byteLevelPresetName(tokenizer);
  if (preset === undefined) {
    throw new InexpressibleModelError(
      source,
      'GGUF',
      `this tokenizer's way of splitting text`,
      'Known are those of GPT-2, SmolLM, Qwen2 and 3, and LLaMA-3.',
    );
  }
  return [
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text(preset)],
    ['tokenizer.ggml.merges', texts(merges.map(([left, right]) => `${left} ${right}`))],
  ];
}

/**
 * SentencePiece joins the pair whose result scores highest. The place of a token's first merge, negated, is such a
 * score: it orders tokens as the merges do.
 */
function sentencePieceModel({ tokenizer, merges }: TokenizerFiles, contents: readonly string[]): Entries {
  const places = new Map<string, number>();
  merges.forEach(([left, right], place) => {
    const token = left + right;
    if (!places.has(token)) places.set(token, place);
  });
  const isText = (token: string) => !/^<.*>$/.test(token);
  const scores = contents.map((token) => (isText(token) ? -(places.get(token) ?? merges.length) : 0));
  return [
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.pre', text('default')],
    ['tokenizer.ggml.scores', float32s(scores)],
    ['tokenizer.ggml.add_space_prefix', flag(prependsSpace(tokenizer))],
  ];
}

/** Whether text gets a space before it: by a normaliser that prepends one, or a Metaspace step that does. */
function prependsSpace({ normalizer, pre_tokenizer: pre }: TokenizerFiles['tokenizer']): boolean {
  return (
    nodes(normalizer).some(({ type, prepend }) => type === 'Prepend' && prepend === '▁') ||
    nodes(pre).some(
      ({ type, prepend_scheme: scheme, add_prefix_space: add }) =>
        type === 'Metaspace' && scheme !== 'never' && add !== false,
    )
  );
}

/** Whether BOS comes before, and EOS after, every text: what the post-processor's template says. */
function addedAround({ tokenizer, special }: TokenizerFiles): [before: boolean, after: boolean] {
  const template = nodes(tokenizer.post_processor).find(({ type }) => type === 'TemplateProcessing');
  const single = Array.isArray(template?.single) ? (template.single as Node[]) : [];
  const at = single.findIndex((piece) => 'Sequence' in piece);
  const isSpecial = (piece: Node) => 'SpecialToken' in piece;
  return [
    special('bos') !== undefined && single.slice(0, at).some(isSpecial),
    special('eos') !== undefined && single.slice(at + 1).some(isSpecial),
  ];
}

type Node = Readonly<Record<string, unknown>>;

/** A step of tokenizer.json, or those of a sequence of steps. */
function nodes(step: unknown): readonly Node[] {
  if (typeof step !== 'object' || step === null) return [];
  const node = step as Node;
  const parts = node.normalizers ?? node.pretokenizers ?? node.processors;
  return Array.isArray(parts) ? parts.flatMap(nodes) : [node];
}
