import { type GgufTestValue, ggufBytes } from './gguf-bytes.js';

/** Texts that splitting patterns treat differently. */
export const SPLIT_TEXTS: readonly string[] = [
  ...['Hello world', "I'M don't WE'LL it's", ' leading', 'trailing ', 'a  b   c', 'tab\tx\t\ty'],
  ...[
    'line\nbreak\n\n  in',
    'a \n b',
    '  \n',
    '\r\n\r\nx',
    '12345 678',
    '3.14,15',
    '½ ¾x²',
    '中文字符',
    'あい漢字',
  ],
  ...[
    '한국어 말',
    '😀👍🏽 ok',
    'naïve café',
    'e\u0301te\u0301',
    'الْعَرَبِيَّة',
    'हिन्दी',
    'ABCdefGHI',
    'snake_case_x',
    'fooBar(baz)',
  ],
  ...[
    '!!! ???',
    '$5+3=8',
    'x^2|y~z<w>',
    '`code`',
    '...\n',
    '//\n/*x*/',
    '\u00a0nb\u3000sp',
    '\u200bzw',
    '     ',
    'x     ',
  ],
  ...[
    '12٣٤५',
    'ⅷ①',
    'ǅ ʰx',
    'a1b2',
    'x\n\n\n',
    'if:\n    y',
    "l'été d'or",
    '\u2028x',
    '\ufeffb',
    "'S 'ſ",
    '\x85x',
    '𝟘𝟙𝟚𝟛',
    '€£¢',
  ],
];

/** The 256 characters that stand for bytes in byte-level tokenizers, by byte. */
const CHARACTERS: readonly string[] = (() => {
  const isShown = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isShown(byte) ? byte : next++));
})();

/**
 * A byte-level BPE vocabulary in which every piece of the texts becomes one token, so that the tokens of a text are the pieces
 * into which a tokenizer splits it.
 */
export function pieceVocabulary(texts: readonly string[]): {
  readonly tokens: readonly string[];
  readonly merges: readonly string[];
} {
  const parts = new Set<string>();
  for (const text of texts.flatMap((text) => [text, text.normalize('NFC')])) {
    const bytes = Array.from(new TextEncoder().encode(text), (byte) => CHARACTERS[byte]!);
    for (let start = 0; start < bytes.length; start++) {
      for (let end = start + 2; end <= bytes.length; end++) parts.add(bytes.slice(start, end).join(''));
    }
  }
  const sorted = [...parts].sort((a, b) => a.length - b.length);
  const merges = sorted.flatMap((part) => {
    const characters = [...part];
    return characters
      .slice(1)
      .map((_, at) => `${characters.slice(0, at + 1).join('')} ${characters.slice(at + 1).join('')}`);
  });
  return { tokens: [...CHARACTERS, ...sorted], merges };
}

/**
 * The bytes of a GGUF file of a llama without layers, with a byte-level tokenizer.
 *
 * @param pre the name of the split (`tokenizer.ggml.pre`)
 */
export function pieceGguf(
  pre: string | undefined,
  { tokens, merges }: ReturnType<typeof pieceVocabulary>,
): Uint8Array {
  const text = (value: string): GgufTestValue => ({ type: 'text', value });
  const texts = (value: readonly string[]): GgufTestValue => ({ type: 'texts', value });
  const u32 = (value: number): GgufTestValue => ({ type: 'u32', value });
  const metadata: Record<string, GgufTestValue> = {
    'general.architecture': text('llama'),
    'llama.block_count': u32(1),
    'llama.context_length': u32(64),
    'llama.embedding_length': u32(4),
    'llama.feed_forward_length': u32(4),
    'llama.attention.head_count': u32(1),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
    'tokenizer.ggml.model': text('gpt2'),
    ...(pre === undefined ? {} : { 'tokenizer.ggml.pre': text(pre) }),
    'tokenizer.ggml.tokens': texts(tokens),
    'tokenizer.ggml.token_type': { type: 'i32s', value: tokens.map(() => 1) },
    'tokenizer.ggml.merges': texts(merges),
  };
  const embeddings = { name: 'token_embd.weight', shape: [tokens.length, 4], type: 0 };
  return ggufBytes(metadata, [{ ...embeddings, bytes: new Uint8Array(16 * tokens.length) }]);
}

/** The text of pieces that byte-level tokens write. Bytes that are no text become U+FFFD. */
export function pieceText(token: string): string {
  const bytes = Array.from(token, (character) => CHARACTERS.indexOf(character));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
