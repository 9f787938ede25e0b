import { setImmediate } from 'node:timers/promises';
import type { TokenizerRoles } from '@grasp/checkpoint';
import type { DecoderView, GenerateOptions } from '@grasp/decoder';
import type { Tokenizer } from '@grasp/tokenizer';

/** Ids of the tokens that end a reply of a model. */
export function endTokens(
  { special, ends }: TokenizerRoles,
  tokenizer: Pick<Tokenizer, 'tokenId'>,
): number[] {
  const end = special.eos === undefined ? undefined : tokenizer.tokenId(special.eos);
  return [...ends, ...(end === undefined ? [] : [end])];
}

/** Continues a prompt token by token, until it ends or `signal` is aborted. Other work of this process runs between tokens. */
export async function* continueTokens(
  view: Pick<DecoderView, 'generate'>,
  prompt: Int32Array,
  options: GenerateOptions,
  signal: AbortSignal,
): AsyncGenerator<number, void> {
  if (signal.aborted) return;
  for await (const id of view.generate(prompt, options)) {
    yield id;
    await setImmediate(); // a token can be computed without leaving the microtask queue
    if (signal.aborted) return;
  }
}
