import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pieceGguf, pieceText, pieceVocabulary, SPLIT_TEXTS } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenizeInLlamaCpp } from '../../test/llama-cpp.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-pre-tokenizers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const table = new URL('../../../tokenizer/test/llama-cpp-pieces.json', import.meta.url);
const vocabulary = pieceVocabulary(SPLIT_TEXTS);

async function piecesInLlamaCpp(pre: string): Promise<string[][]> {
  const file = join(folder, 'model.gguf');
  await writeFile(file, pieceGguf(pre, vocabulary));
  const ids = await tokenizeInLlamaCpp(file, SPLIT_TEXTS);
  return ids.map((text) => text.map((id) => pieceText(vocabulary.tokens[id]!)));
}

/** The table that the unit test of the tokenizer reads. GRASP_WRITE_TABLES=1 writes it again, for `biome format`. */
describe('llama-cpp-pieces.json', () => {
  it('holds the pieces of llama.cpp', async () => {
    const now: { names: string[]; pieces: Record<string, string[]> }[] = [];
    const before: typeof now = JSON.parse(await readFile(table, 'utf8'));
    for (const name of before.flatMap(({ names }) => names)) {
      const lists = await piecesInLlamaCpp(name);
      const byText = Object.fromEntries(SPLIT_TEXTS.map((text, index) => [text, lists[index]!]));
      const same = now.find((entry) => JSON.stringify(entry.pieces) === JSON.stringify(byText));
      if (same) same.names.push(name);
      else now.push({ names: [name], pieces: byText });
    }
    if (process.env.GRASP_WRITE_TABLES) await writeFile(table, JSON.stringify(now));
    else expect(now).toEqual(before);
  });

  it('llama.cpp does not load a file with another name', async () => {
    await expect(piecesInLlamaCpp('unheard-of')).rejects.toThrow();
  });
});
