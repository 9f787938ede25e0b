import type { Tokenizer } from '@grasp/tokenizer';

/**
 * Text of tokens as they come. A character whose bytes are spread over several tokens comes when it is whole; control
 * characters, which a terminal might obey, are left out.
 */
export async function* streamText(
  tokens: AsyncIterable<number>,
  tokenizer: Pick<Tokenizer, 'decode'>,
): AsyncGenerator<string, void> {
  const ids: number[] = [];
  let given = '';
  for await (const id of tokens) {
    ids.push(id);
    // Decoded from the start each time: tokenizers treat a first token unlike later ones.
    const text = printable(await tokenizer.decode(ids));
    if (text.endsWith(UNFINISHED)) continue;
    yield text.slice(given.length);
    given = text;
  }
  const rest = printable(await tokenizer.decode(ids)).slice(given.length);
  if (rest !== '') yield rest;
}

/** What stands for bytes that are no whole character. */
const UNFINISHED = '\uFFFD';

const printable = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, '');
