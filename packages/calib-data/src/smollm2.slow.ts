import { readFile } from 'node:fs/promises';
import { type Checkpoint, openCheckpoint, tokenizerRoles } from '@grasp/checkpoint';
import { hasShared, hasSmollm2, sharedPath, smollm2Path } from '@grasp/testing';
import { loadTokenizer, type Tokenizer } from '@grasp/tokenizer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../test/temporary-folder.js';
import { evaluationWindows, type TokenBlocksOptions, tokenBlocks } from './blocks/token-blocks.js';
import { type RowConvention, textFile } from './sources/text-source.js';

interface Reference {
  readonly token_ids_int32_le_sha256: Readonly<
    Record<string, { readonly count: number; readonly sha256: string }>
  >;
}

describe.skipIf(!hasShared || !hasSmollm2)('blocks of SmolLM2-135M-Instruct', () => {
  let checkpoint: Checkpoint;
  let tokenizer: Tokenizer;
  let reference: Reference;
  beforeAll(async () => {
    checkpoint = await openCheckpoint(smollm2Path);
    tokenizer = await loadTokenizer(checkpoint);
    reference = JSON.parse(await readFile(sharedPath('reference/smollm2.json'), 'utf8'));
  });
  afterAll(() => checkpoint.close());

  /** All tokens of a text, as one block of the length the reference gives. */
  const cases: [name: string, file: string, rows: RowConvention | undefined, options: TokenBlocksOptions][] =
    [
      ['wiki.test.raw rows joined', 'wikitext-2-raw/wiki.test.raw', undefined, {}],
      ['wiki.test.raw as one string', 'wikitext-2-raw/wiki.test.raw', 'whole', {}],
      ['valid.txt rows joined', 'wikitext-2-tokens/valid.txt', undefined, {}],
      [
        'valid.txt, first 128 blocks of 512',
        'wikitext-2-tokens/valid.txt',
        undefined,
        { length: 512, count: 128 },
      ],
      ['ptb.test.txt rows joined', 'ptb/ptb.test.txt', undefined, {}],
    ];
  test.each(cases)("%s: the paper's code has the same ids", async (name, file, rows, options) => {
    const { count, sha256 } = reference.token_ids_int32_le_sha256[name]!;
    const source = textFile(sharedPath('data', file), rows === undefined ? {} : { rows });
    const blocks = await tokenBlocks(source, tokenizer, { length: count, ...options });
    expect(blocks.ids.length).toBe(count);
    expect(blocks.fingerprint).toBe(sha256);
  });

  test('replies of conversations are what the model would write, with the end token', async () => {
    const messages = ['Name a sea.', ' The Baltic Sea', 'And one more?', 'The  North Sea\n'].map(
      (content, i) => ({
        role: i % 2 === 0 ? 'user' : 'assistant',
        content,
      }),
    );
    await using files = await temporaryFolder({
      'a.jsonl': `${JSON.stringify({ messages })}\n`.repeat(4),
    });
    const options = { length: 64, lossOn: 'replies', roles: () => tokenizerRoles(checkpoint) } as const;
    const { ids, lossMask } = await tokenBlocks(textFile(`${files.folder}/a.jsonl`), tokenizer, options);
    const text = (some: Int32Array) => tokenizer.decode(some, { skipSpecialTokens: false });
    expect(await text(ids.subarray(0, 64))).toMatch(/^<\|im_start\|>system\nYou are a helpful AI assistant/);
    const replies = await text(ids.subarray(0, 64).filter((_, i) => lossMask?.[i] === 1));
    expect(replies).toBe(' The Baltic Sea<|im_end|>The  North Sea\n<|im_end|>');
  });

  test('wiki.test.raw has 148 windows of 2048', async () => {
    const windows = await evaluationWindows(
      textFile(sharedPath('data/wikitext-2-raw/wiki.test.raw')),
      tokenizer,
    );
    // ⌊304829 / 2048⌋
    expect(windows.shape).toEqual([148, 2048]);
  });
});
