import type { CheckpointFile } from '../../checkpoint.js';
import { CheckpointUnsupportedError } from '../../errors.js';
import type { GgufMetadata } from '../header/metadata.js';
import { GENERAL, MODEL, modelKey, TOKENIZER } from '../keys.js';
import { byteLevelTokenizer } from './byte-level.js';
import { sentencePieceTokenizer } from './sentencepiece.js';
import { TOKENIZER_MODEL } from './tokenizer-model.js';
import { type GgufVocabulary, ggufVocabulary } from './vocabulary.js';

const BUILDERS = {
  [TOKENIZER_MODEL.byteLevel]: byteLevelTokenizer,
  [TOKENIZER_MODEL.sentencePiece]: sentencePieceTokenizer,
} as const;

/**
 * The tokenizer files of a Hugging Face folder, made from a GGUF file's metadata when they are read: tokenizer.json,
 * tokenizer_config.json (special tokens, chat template), generation_config.json. Empty if the file has no tokenizer.
 * Reading one throws `CheckpointUnsupportedError` for a kind of tokenizer that is not supported.
 */
export function ggufFiles(metadata: GgufMetadata): readonly CheckpointFile[] {
  if (metadata.text(TOKENIZER.model) === undefined) return [];
  const file = (name: string, content: () => unknown): CheckpointFile => ({
    name,
    read: async () => new TextEncoder().encode(`${JSON.stringify(content(), null, 1)}\n`),
  });
  let read: GgufVocabulary | undefined;
  const vocabulary = () => {
    read ??= ggufVocabulary(metadata); // a quarter of a million tokens
    return read;
  };
  return [
    file('generation_config.json', () => generationConfig(vocabulary())),
    file('tokenizer.json', () => ggufTokenizer(metadata, vocabulary)),
    file('tokenizer_config.json', () => tokenizerConfig(metadata, vocabulary())),
  ];
}

/** The content of tokenizer.json. */
function ggufTokenizer(metadata: GgufMetadata, read: () => GgufVocabulary): Record<string, unknown> {
  const model = metadata.text(TOKENIZER.model) ?? '(none)';
  if (!Object.hasOwn(BUILDERS, model)) {
    throw new CheckpointUnsupportedError(
      metadata.file,
      `tokenizer model ${JSON.stringify(model)}`,
      Object.keys(BUILDERS),
    );
  }
  const vocabulary = read();
  const { addBos, ...parts } = BUILDERS[model as keyof typeof BUILDERS](metadata, vocabulary);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocabulary.added,
    normalizer: parts.normalizer,
    pre_tokenizer: parts.pre_tokenizer,
    post_processor: surroundWith(
      (metadata.flag(TOKENIZER.addBos) ?? addBos) ? vocabulary.special('bos') : undefined,
      (metadata.flag(TOKENIZER.addEos) ?? false) ? vocabulary.special('eos') : undefined,
    ),
    decoder: parts.decoder,
    model: parts.model,
  };
}

type Special = ReturnType<GgufVocabulary['special']>;

/** A post-processor that puts BOS before and EOS after every text. Null if there is neither. */
function surroundWith(bos: Special, eos: Special): unknown {
  if (!bos && !eos) return null;
  const around = (sequence: 'A' | 'B', type: number) => [
    ...(bos ? [{ SpecialToken: { id: bos.text, type_id: type } }] : []),
    { Sequence: { id: sequence, type_id: type } },
    ...(eos ? [{ SpecialToken: { id: eos.text, type_id: type } }] : []),
  ];
  const specials = [bos, eos].flatMap((token) =>
    token ? [[token.text, { id: token.text, ids: [token.id], tokens: [token.text] }] as const] : [],
  );
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(specials),
  };
}

function tokenizerConfig(metadata: GgufMetadata, vocabulary: GgufVocabulary): Record<string, unknown> {
  const template = metadata.text(TOKENIZER.chatTemplate);
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_input_names: ['input_ids', 'attention_mask'], // its default has token types, which no decoder takes
    bos_token: vocabulary.special('bos')?.text ?? null,
    eos_token: vocabulary.special('eos')?.text ?? null,
    unk_token: vocabulary.special('unknown')?.text ?? null,
    pad_token: vocabulary.special('padding')?.text ?? null,
    model_max_length:
      metadata.number(modelKey(metadata.text(GENERAL.architecture) ?? '', MODEL.contextLength)) ?? null,
    clean_up_tokenization_spaces: false,
    ...(template === undefined ? {} : { chat_template: template }),
  };
}

/**
 * Tokens that llama.cpp takes for the end of a reply by their text, because converters name only one. Those that end a turn
 * come before those that end a document.
 */
const END_TEXTS: readonly string[] = [
  ...['<|eot_id|>', '<|im_end|>', '<|end|>', '<end_of_turn>', '<turn|>', '<end_of_utterance>', '<|return|>'],
  ...[
    '<EOT>',
    '_<EOT>',
    '[EOT]',
    '<|eom_id|>',
    '<|call|>',
    '<|calls|>',
    '<|flush|>',
    '<|tool_response>',
    '[e~[',
  ],
  ...['<|endoftext|>', '<|end_of_text|>', '<｜end▁of▁sentence｜>', '<eos>', '[EOS]'],
];

function endTokens({ ids }: GgufVocabulary): (number | undefined)[] {
  // In the harmony format of gpt-oss, `<|end|>` ends a part of a reply.
  const isHarmony = ids.has('<|return|>') && ids.has('<|call|>');
  return END_TEXTS.filter((text) => !(isHarmony && text === '<|end|>')).map((text) => ids.get(text));
}

function generationConfig(vocabulary: GgufVocabulary): Record<string, unknown> {
  const eos = vocabulary.special('eos')?.id;
  const eot = vocabulary.special('eot')?.id;
  const ends = [...new Set([eos, eot, ...endTokens(vocabulary)].filter((id) => id !== undefined))];
  return {
    bos_token_id: vocabulary.special('bos')?.id ?? null,
    eos_token_id: ends.length > 1 ? ends : (ends[0] ?? null),
    pad_token_id: vocabulary.special('padding')?.id ?? null,
  };
}
