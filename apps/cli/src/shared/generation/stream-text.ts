import type { Tokenizer } from '@grasp/tokenizer';

/** Decodes tokens as they arrive. A character that spans several tokens is yielded when it is complete. */
export async function* streamText(
  tokens: AsyncIterable<number>,
  tokenizer: Pick<Tokenizer, 'decode'>,
): AsyncGenerator<string, void> {
  const ids: number[] = [];
  let given = '';
  for await (const id of tokens) {
    ids.push(id);
    // Decode from the start each time, because tokenizers treat the first token differently.
    const text = await tokenizer.decode(ids);
    if (text.endsWith(UNFINISHED)) continue;
    yield text.slice(given.length);
    given = text;
  }
  const rest = (await tokenizer.decode(ids)).slice(given.length);
  if (rest !== '') yield rest;
}

/** Replacement character for an incomplete character. */
const UNFINISHED = '\uFFFD';
