import { expect, test } from 'vitest';
import { wordTokenizer } from '../../test/word-tokenizer.js';
import { encodePrompt, truncateLeft } from './encode-prompt.js';

const words = async (prompt: { context: string; continuation: string }) => {
  const tokenizer = wordTokenizer();
  const { context, continuation } = await encodePrompt(tokenizer, prompt);
  return [await tokenizer.decode(context), await tokenizer.decode(continuation)];
};

test('the continuation is what the whole has beyond the context', async () => {
  expect(await words({ context: 'The sky is', continuation: ' blue today' })).toEqual([
    'The sky is',
    ' blue today',
  ]);
});

test('space at the end of the context moves to the continuation', async () => {
  expect(await words({ context: 'Answer: ', continuation: 'yes' })).toEqual(['Answer:', ' yes']);
});

test('a token over the border counts as context', async () => {
  // Whole: "un" + "do" is one word; the context alone is one word too, so nothing is left to score.
  expect(await words({ context: 'un', continuation: 'do it' })).toEqual(['un', ' it']);
});

test('the context loses ids from its left until all but the last id fit', () => {
  const prompt = { context: Int32Array.of(1, 2, 3), continuation: Int32Array.of(4, 5) };
  expect(truncateLeft(prompt, 4)).toBe(prompt);
  expect(truncateLeft(prompt, 2)).toEqual({ context: Int32Array.of(3), continuation: prompt.continuation });
});
