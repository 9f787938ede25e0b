import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { characterTokenizer as tokenizer } from '../../test/character-tokenizer.js';
import { textRows } from '../sources/text-source.js';
import { evaluationWindows, tokenBlocks } from './token-blocks.js';

const text = async (ids: Int32Array) => tokenizer.decode(ids);

describe('tokenBlocks', () => {
  test('joins rows by a blank line, cuts blocks and drops the remainder', async () => {
    const blocks = await tokenBlocks(textRows(['abc', '', 'de']), tokenizer, { length: 4 });
    // abc\n\n\n\nde is 9 characters: two blocks of 4, one character dropped.
    expect(blocks.shape).toEqual([2, 4]);
    expect(await text(blocks.ids)).toBe('abc\n\n\n\nd');
  });

  test('tokenises several sources as one text', async () => {
    const blocks = await tokenBlocks([textRows(['ab']), textRows(['cd'])], tokenizer, { length: 6 });
    expect(await text(blocks.ids)).toBe('ab\n\ncd');
    expect(blocks.description).toContain('text in memory + text in memory');
  });

  test('describes how many rows had no text', async () => {
    const rows = { ...textRows(['ab']), skipped: 3 };
    const { description } = await tokenBlocks([rows, textRows(['cd'])], tokenizer, { length: 6 });
    expect(description).toContain(
      'text in memory + text in memory; 3 rows without text skipped; rows joined',
    );
  });

  test('takes count blocks after offset', async () => {
    const blocks = await tokenBlocks(textRows(['abcdefgh']), tokenizer, { length: 2, offset: 1, count: 2 });
    expect(await text(blocks.ids)).toBe('cdef');
  });

  test('windows are 2048 long and start with the special tokens of the tokenizer', async () => {
    const windows = await evaluationWindows(textRows(['x'.repeat(5000)]), tokenizer);
    expect(windows.shape).toEqual([2, 2048]);
    expect(Array.from(windows.ids.subarray(0, 3))).toEqual([1, 120, 120]);
  });

  test('a text too short for its windows needs a shorter window', async () => {
    await expect(evaluationWindows(textRows(['x']), tokenizer)).rejects.toThrow(
      'for 1 window of 2048 tokens. Use more text, or a shorter window.',
    );
    await expect(tokenBlocks(textRows(['x']), tokenizer)).rejects.toThrow(
      'for 1 block of 512 tokens. Use more text, or shorter blocks.',
    );
  });

  test('the fingerprint is of the ids alone', async () => {
    const once = await tokenBlocks(textRows(['abcd']), tokenizer, { length: 2 });
    const again = await tokenBlocks(textRows(['abcd'], 'elsewhere'), tokenizer, { length: 4 });
    // sha256 of 61000000 62000000 63000000 64000000, by coreutils.
    expect(once.fingerprint).toBe('877c5b2fcb8523ae0edcc5b3207902bedc0ed296273c646291d34e6a63d8313e');
    expect(again.fingerprint).toBe(once.fingerprint);
  });

  test('says how many tokens were found and needed', async () => {
    await expect(tokenBlocks(textRows(['abc']), tokenizer, { length: 4, count: 2 })).rejects.toMatchObject({
      code: 'GRASP_DATA_TOO_SHORT',
      tokensFound: 3,
      tokensNeeded: 8,
    });
    await expect(tokenBlocks(textRows([]), tokenizer)).rejects.toThrow(
      /the text is empty; at least 512 tokens are needed, for 1 block of 512 tokens/,
    );
    await expect(tokenBlocks(textRows(['', ' ', '']), tokenizer)).rejects.toThrow(/the text is empty/);
  });

  test('refuses ids that the model does not have', async () => {
    await expect(
      tokenBlocks(textRows(['abz']), tokenizer, { length: 1, vocabSize: 120 }),
    ).rejects.toMatchObject({
      code: 'GRASP_DATA_TOKEN_ID',
      id: 122,
      position: 2,
    });
  });

  test.each([{ length: 0 }, { length: 1.5 }, { offset: -1 }, { count: 0 }])('refuses %o', async (options) => {
    await expect(tokenBlocks(textRows(['abc']), tokenizer, options)).rejects.toMatchObject({
      code: 'GRASP_DATA_OPTION',
    });
  });

  property.prop([fc.integer({ min: 1, max: 40 }), fc.integer(), fc.integer({ min: 1, max: 40 })])(
    'a seed draws distinct blocks, the same each time, and a smaller draw is the start of a larger one',
    async (available, seed, count) => {
      const source = textRows([String.fromCharCode(...Array.from({ length: available }, (_, i) => 100 + i))]);
      const drawn = Math.min(count, available);
      const all = await tokenBlocks(source, tokenizer, { length: 1, seed });
      const some = await tokenBlocks(source, tokenizer, { length: 1, seed, count: drawn });
      expect(new Set(all.ids).size).toBe(available);
      expect(some.ids).toEqual(all.ids.slice(0, drawn));
    },
  );
});
