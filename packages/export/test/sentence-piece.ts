import type { CheckpointFile } from '@grasp/checkpoint';
import { jsonFiles, specialToken } from './made-up-model.js';

/**
 * The files of a SentencePiece BPE tokenizer with byte fallback, as transformers converts one: ids 0 to 2 unknown, BOS
 * and EOS, 256 bytes, then pieces, then characters. Every cut of a piece into two tokens is a merge.
 *
 * @param pieces joined characters, best first.
 */
export function sentencePieceFiles(pieces: readonly string[]): CheckpointFile[] {
  const characters = [...new Set(pieces.join(''))].sort();
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const specials = ['<unk>', '<s>', '</s>'];
  const tokens = [...specials, ...bytes, ...pieces, ...characters];
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  const merges = pieces.flatMap((piece) => {
    const cuts = Array.from(piece, (_, at): [string, string] => [piece.slice(0, at), piece.slice(at)]);
    return cuts
      .filter(([left, right]) => vocab.has(left) && vocab.has(right))
      .sort(([a], [b]) => b.length - a.length);
  });
  const space = '▁';
  return jsonFiles({
    'tokenizer.json': {
      version: '1.0',
      added_tokens: specials.map((content, id) => specialToken(id, content)),
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: space },
          { type: 'Replace', pattern: { String: ' ' }, content: space },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
        special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
      },
      decoder: null,
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(vocab),
        merges,
        unk_token: '<unk>',
        fuse_unk: true,
        byte_fallback: true,
        ignore_merges: false,
      },
    },
    'tokenizer_config.json': { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
  });
}
