import type { Tokenizer } from '@grasp/tokenizer';
import { describe, expect, it } from 'vitest';
import { writingFormat } from '../index.js';

/** A token a character; `.` ends. */
const tokenizer: Tokenizer = {
  vocabSize: 128,
  encode: async (text) => Int32Array.from(text, (letter) => letter.charCodeAt(0)),
  decode: async (ids) => String.fromCharCode(...ids),
  tokenId: (token) => (token.length === 1 ? token.charCodeAt(0) : undefined),
};
const dot = '.'.charCodeAt(0);
const texts = (openings: readonly Int32Array[]) => openings.map((ids) => String.fromCharCode(...ids));

describe('writingFormat', () => {
  it('has the model write both sides of a chat', async () => {
    const chatTemplate =
      'S{% for m in messages %}<{{ m.role }}>{{ m.content }}.{% endfor %}{% if add_generation_prompt %}<me>{% endif %}';
    const format = await writingFormat({ special: { eos: '.' }, ends: [7], chatTemplate }, tokenizer);
    expect(texts(format.openings)).toEqual(['S<user>', '<me>']);
    expect(format.ends).toEqual([7, dot]);
  });

  it('has it write on where no end closes the message', async () => {
    const chatTemplate = '[{{ messages[0].content }}]';
    const format = await writingFormat({ special: { eos: '.' }, ends: [dot], chatTemplate }, tokenizer);
    expect(texts(format.openings)).toEqual(['[']);
    expect(format.ends).toEqual([dot]);
  });

  it.each([
    ['the token that texts start with', { bos: '#', eos: '.' }, [], '#'],
    ['else the one that ends them', { eos: '.' }, [], '.'],
    ['else one that ends replies', {}, [33], '!'],
  ])('without a template starts with %s', async (_name, special, ends, start) => {
    const format = await writingFormat({ special, ends }, tokenizer);
    expect(texts(format.openings)).toEqual([start]);
  });

  it('refuses a model that names no such token', async () => {
    await expect(writingFormat({ special: {}, ends: [] }, tokenizer)).rejects.toMatchObject({
      code: 'GRASP_DATA_START',
    });
  });
});
