import { describe, expect, it } from 'vitest';
import { streamText } from './stream-text.js';

/** A token a byte. */
const bytes = { decode: async (ids: Int32Array | readonly number[]) => Buffer.from(ids).toString('utf8') };
const parts = async (text: string | Buffer): Promise<string[]> => {
  const tokens = (async function* () {
    yield* Buffer.from(text);
  })();
  const all: string[] = [];
  for await (const part of streamText(tokens, bytes)) all.push(part);
  return all;
};

describe('streamText', () => {
  it('gives a character when its last byte is there', async () => {
    expect(await parts('aé€😀b')).toEqual(['a', 'é', '€', '😀', 'b']);
  });

  it('gives what is left of a character at the end', async () => {
    expect(await parts(Buffer.from('a€').subarray(0, 3))).toEqual(['a', '\uFFFD']);
  });
});
