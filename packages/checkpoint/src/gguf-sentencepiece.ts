import { CheckpointFormatError } from './errors.js';
import type { GgufMetadata } from './gguf-metadata.js';
import type { GgufVocabulary } from './gguf-vocabulary.js';

/** SentencePiece's stand-in for a space. */
const SPACE = '▁';

/** The parts of tokenizer.json for a SentencePiece BPE vocabulary with byte fallback, as LLaMA-2 has. */
export function sentencePieceTokenizer(metadata: GgufMetadata, vocabulary: GgufVocabulary) {
  const scores = metadata.numbers('tokenizer.ggml.scores');
  if (scores?.length !== vocabulary.tokens.length) {
    throw new CheckpointFormatError(
      metadata.file,
      `it has ${vocabulary.tokens.length} tokens and ${scores?.length ?? 'no'} tokenizer.ggml.scores`,
    );
  }
  const prefix = metadata.flag('tokenizer.ggml.add_space_prefix') ?? true;
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
 * SentencePiece joins the pair whose result scores highest; a merge list says the same in advance. Every way to
 * cut a token into two tokens is a merge, ordered by the token's score, then by longer left and right parts: the
 * order in which transformers converts such vocabularies.
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
      const pair: [string, string] = [token.slice(0, at), token.slice(at)];
      if (!ids.has(pair[0]) || !ids.has(pair[1])) continue;
      cuts.push({ pair, score: scores[id]!, left: cut, right: characters.length - cut });
    }
    cuts.sort(
      (a, b) => ids.get(a.pair[0])! - ids.get(b.pair[0])! || ids.get(a.pair[1])! - ids.get(b.pair[1])!,
    );
    for (const cut of cuts) merges.push(cut);
  }
  // Stable, so that equal ones keep the order above.
  merges.sort((a, b) => b.score - a.score || b.left - a.left || b.right - a.right);
  return merges.map(({ pair }) => pair);
}
