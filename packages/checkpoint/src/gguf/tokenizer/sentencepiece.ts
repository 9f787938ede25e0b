import { CheckpointFormatError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { flag, float32s, type MetadataValue, text } from '../header/values.js';
import { TOKENIZER } from '../keys.js';
import { stepsOf, type TokenizerFiles } from './tokenizer-files.js';
import { TOKENIZER_MODEL } from './tokenizer-model.js';
import type { GgufVocabulary } from './vocabulary.js';

/** What SentencePiece writes for a space. */
const SPACE = '▁';

/**
 * Reads a SentencePiece BPE tokenizer with byte fallback, as LLaMA-2 has: the parts of tokenizer.json.
 *
 * @throws CheckpointFormatError
 */
export function sentencePieceTokenizer(metadata: GgufMetadata, vocabulary: GgufVocabulary) {
  const scores = metadata.numbers(TOKENIZER.scores);
  if (scores?.length !== vocabulary.tokens.length) {
    throw new CheckpointFormatError(
      metadata.file,
      `it has ${vocabulary.tokens.length} tokens and ${scores?.length ?? 'no'} ${TOKENIZER.scores}`,
    );
  }
  const prefix = metadata.flag(TOKENIZER.addSpacePrefix) ?? true;
  const toSpace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  return {
    addBos: true,
    normalizer: {
      type: 'Sequence',
      normalizers: prefix ? [{ type: 'Prepend', prepend: SPACE }, toSpace] : [toSpace],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: vocabulary.special('unknown')?.text ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.ids),
      merges: mergesFromScores(vocabulary.ids, scores),
    },
  };
}

/**
 * Writes a SentencePiece BPE tokenizer: the metadata of its model. The score of a token is the place of its first merge,
 * negated, which orders tokens as the merges do.
 *
 * @param contents text of every token by id
 */
export function sentencePieceMetadata(
  { tokenizer, merges }: TokenizerFiles,
  contents: readonly string[],
): [string, MetadataValue][] {
  const places = new Map<string, number>();
  merges.forEach(([left, right], place) => {
    const token = left + right;
    if (!places.has(token)) places.set(token, place);
  });
  const isText = (token: string) => !/^<.*>$/.test(token);
  const scores = contents.map((token) => (isText(token) ? -(places.get(token) ?? merges.length) : 0));
  return [
    [TOKENIZER.model, text(TOKENIZER_MODEL.sentencePiece)],
    [TOKENIZER.pre, text('default')],
    [TOKENIZER.scores, float32s(scores)],
    [TOKENIZER.addSpacePrefix, flag(prependsSpace(tokenizer))],
  ];
}

/** Whether text gets a space before it, by a normalizer or a Metaspace step. */
function prependsSpace({ normalizer, pre_tokenizer: pre }: TokenizerFiles['tokenizer']): boolean {
  return (
    stepsOf(normalizer).some(({ type, prepend }) => type === 'Prepend' && prepend === SPACE) ||
    stepsOf(pre).some(
      ({ type, prepend_scheme: scheme, add_prefix_space: add }) =>
        type === 'Metaspace' && scheme !== 'never' && add !== false,
    )
  );
}

/**
 * The merges that give the same tokens as the scores. SentencePiece joins the pair whose result has the highest score.
 * So every way to cut a token into two tokens is a merge. Merges are ordered by the token's score, then by longer left
 * and right parts, as in transformers' conversion of such vocabularies.
 */
function mergesFromScores(
  ids: ReadonlyMap<string, number>,
  scores: ArrayLike<number>,
): readonly (readonly [string, string])[] {
  const merges: { pair: [string, string]; score: number; left: number; right: number }[] = [];
  for (const [token, id] of ids) {
    const characters = Array.from(token);
    const cuts: typeof merges = [];
    for (let cut = 1, at = 0; cut < characters.length; cut++) {
      at += characters[cut - 1]!.length;
      const left = token.slice(0, at);
      if (!ids.has(left)) continue;
      const right = token.slice(at);
      if (!ids.has(right)) continue;
      cuts.push({ pair: [left, right], score: scores[id]!, left: cut, right: characters.length - cut });
    }
    if (cuts.length > 1)
      cuts.sort(
        (a, b) => ids.get(a.pair[0])! - ids.get(b.pair[0])! || ids.get(a.pair[1])! - ids.get(b.pair[1])!,
      );
    for (const cut of cuts) merges.push(cut);
  }
  // The sort is stable: equal merges keep the order above.
  merges.sort((a, b) => b.score - a.score || b.left - a.left || b.right - a.right);
  return merges.map(({ pair }) => pair);
}
