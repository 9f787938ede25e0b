import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { pieceGguf, pieceText, pieceVocabulary, SPLIT_TEXTS } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTokenizer } from './load-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

type Pieces = Readonly<Record<string, readonly string[]>>;

/** The pieces that llama.cpp makes of {@link SPLIT_TEXTS}, by name of the split. `pre-tokenizers.slow.ts` of `export` writes it. */
const table: readonly { readonly names: readonly string[]; readonly pieces: Pieces }[] = JSON.parse(
  await readFile(new URL('../test/llama-cpp-pieces.json', import.meta.url), 'utf8'),
);

/**
 * Texts that llama.cpp splits in another way than the model's own tokenizer, which is followed here. llama.cpp normalizes no
 * text, approximates classes of case, and knows only ASCII's digits and white space in some patterns.
 */
const OWN: Readonly<Record<string, readonly string[]>> = {
  qwen2: ['e\u0301te\u0301'],
  'gpt-4o': ['e\u0301te\u0301', 'الْعَرَبِيَّة', 'हिन्दी'],
  tekken: ['e\u0301te\u0301', 'الْعَرَبِيَّة', 'हिन्दी'],
  superbpe: ['12٣٤५', '𝟘𝟙𝟚𝟛'],
  'deepseek-coder': ['\u00a0nb\u3000sp', '\u2028x'],
  'deepseek-llm': ['\u00a0nb\u3000sp', '\u2028x'],
};
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  qwen2: ['deepseek-r1-qwen', 'megrez', 'kormo'],
  'gpt-4o': ['llama4', 'kanana2', 'minimax-m2'],
};
const own = (name: string) =>
  OWN[Object.keys(OWN).find((key) => key === name || ALIASES[key]?.includes(name)) ?? ''] ?? [];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-pieces-'));
});
afterAll(() => rm(folder, { recursive: true }));

const vocabulary = pieceVocabulary(SPLIT_TEXTS);

/** By the text of tokenizer.json, as many names stand for one tokenizer. */
const known = new Map<string, Promise<Pieces>>();

async function piecesOf(pre: string | undefined): Promise<Pieces> {
  const file = join(folder, 'model.gguf');
  await writeFile(file, pieceGguf(pre, vocabulary));
  const checkpoint = await openCheckpoint(file);
  try {
    const bytes = await checkpoint.files.find(({ name }) => name === 'tokenizer.json')!.read();
    const json = new TextDecoder().decode(bytes);
    const pieces = known.get(json) ?? tokenized(parseTokenizer(json, file));
    known.set(json, pieces);
    return await pieces;
  } finally {
    await checkpoint.close();
  }
}

async function tokenized(tokenizer: Tokenizer): Promise<Pieces> {
  const entries = SPLIT_TEXTS.map(async (text) => {
    const ids = await tokenizer.encode(text, { specialTokens: false });
    return [text, Array.from(ids, (id) => pieceText(vocabulary.tokens[id]!))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe('a GGUF file', () => {
  it.each(table.flatMap(({ names, pieces }) => names.map((name) => ({ name, pieces }))))(
    'is tokenized as in llama.cpp: $name',
    async ({ name, pieces }) => {
      const ours = await piecesOf(name);
      const differing = Object.keys(pieces).filter(
        (text) => ours[text]!.join('|') !== pieces[text]!.join('|'),
      );
      expect(differing).toEqual(own(name));
    },
  );

  it('that names no split is tokenized as by the default', async () => {
    expect(await piecesOf(undefined)).toEqual(table.find(({ names }) => names.includes('default'))!.pieces);
  });

  it('that names another split is refused', async () => {
    await expect(piecesOf('unheard-of')).rejects.toMatchObject({ code: 'GRASP_CHECKPOINT_UNSUPPORTED' });
  });
});
