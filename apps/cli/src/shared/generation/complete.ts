import type { DecoderView } from '@grasp/decoder';
import { Random } from '@grasp/gates';
import type { Tokenizer } from '@grasp/tokenizer';
import { continueTokens } from './continue-tokens.js';
import { type Sampling, sampleToken } from './sample-token.js';
import { StopStrings } from './stop-strings.js';
import { streamText } from './stream-text.js';
import { type TokenScores, tokenScores } from './token-scores.js';

/** A model that can be asked for text. */
export interface CompletingModel {
  readonly view: Pick<DecoderView, 'generate' | 'contextLength'>;
  readonly tokenizer: Tokenizer;
  /** Ids of tokens that end a text. */
  readonly ends: readonly number[];
}

/** A text to continue, and how. */
export interface CompletionJob extends Sampling {
  readonly prompt: Int32Array;
  readonly maxTokens: number;
  readonly seed: number;
  /** Strings that end the text; they are not part of it. */
  readonly stop: readonly string[];
  /** How many of the likeliest tokens to score beside each chosen one. Undefined: no scores. */
  readonly scores?: number | undefined;
}

/** A part of the text, with the scores of the tokens that were chosen since the last part. */
export interface CompletionPart {
  readonly text: string;
  readonly scores: readonly TokenScores[];
}

export interface CompletionEnd {
  /** `stop`: an end token or a stop string; `length`: `maxTokens`. */
  readonly reason: 'stop' | 'length';
  /** How many tokens were generated, an end token not counted. */
  readonly tokens: number;
}

/** Continues a prompt. Stops early, with the reason of `signal`, when that is aborted. */
export async function* complete(
  { view, tokenizer, ends }: CompletingModel,
  { prompt, maxTokens, seed, stop, scores, ...sampling }: CompletionJob,
  signal: AbortSignal,
): AsyncGenerator<CompletionPart, CompletionEnd> {
  const random = new Random(seed);
  let scored: TokenScores | undefined;
  const choose = (logits: Float32Array): number => {
    const id = sampleToken(logits, sampling, random.next() / 2 ** 32);
    if (scores !== undefined) scored = tokenScores(logits, id, scores);
    return id;
  };
  let tokens = 0;
  const fresh: TokenScores[] = [];
  const counted = (async function* () {
    for await (const id of continueTokens(view, prompt, { maxTokens, stop: ends, choose }, signal)) {
      tokens++;
      if (scored) fresh.push(scored);
      yield id;
    }
  })();
  const stops = new StopStrings(stop);
  for await (const part of streamText(counted, tokenizer)) {
    const text = stops.push(part);
    if (text !== '') yield { text, scores: fresh.splice(0) };
    if (stops.stopped) break;
  }
  signal.throwIfAborted();
  const text = stops.rest();
  if (text !== '' || fresh.length > 0) yield { text, scores: fresh.splice(0) };
  return { reason: stops.stopped || tokens < maxTokens ? 'stop' : 'length', tokens };
}
