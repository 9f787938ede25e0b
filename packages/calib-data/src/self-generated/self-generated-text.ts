import { mulberry32 } from '@grasp/random';
import type { TokenBatch } from '../blocks/token-batch.js';
import type { WritingFormat } from './writing-format.js';

/** The most likely next tokens of a row, most likely first. */
export interface NextTokens {
  readonly logits: Float32Array;
  readonly ids: Int32Array;
}

/** A model that generates several rows at once, one token per row and step, such as the `Decoder` of `@grasp/decoder`. */
export interface RowGenerator {
  /**
   * Yields the next token of each row until the caller stops iterating or the context is full.
   *
   * @param prompts `[rows, length]`.
   * @param options `top`: number of candidates per token. `choose`: picks the next token of a row from its candidates.
   */
  generateRows(
    prompts: TokenBatch,
    options: { readonly top: number; readonly choose: (row: number, likely: NextTokens) => number },
  ): AsyncGenerator<Int32Array, void>;
}

export interface OwnTextOptions {
  /** Minimum number of tokens to generate. */
  readonly tokens: number;
  /** Maximum number of rows generated at once. */
  readonly rows: number;
  /** Tokens per row. A new row starts with an empty context. Default 256. */
  readonly rowTokens?: number;
  /** Sampling temperature: above 1 more diverse, below 1 less. Default 0.9. */
  readonly temperature?: number;
  /** Number of most likely tokens to sample from (top-k). Default 50. */
  readonly top?: number;
  readonly seed: number;
}

/** Progress of the generation, in tokens. */
export interface OwnTextProgress {
  readonly tokens: number;
  readonly total: number;
}

/** One text as token ids, in parts: a message and its reply, or a single part. */
export type OwnText = readonly (readonly number[])[];

/**
 * Generates calibration text with the model itself, to use with or instead of a corpus (Williams et al.,
 * arXiv 2410.17170). Tokens are drawn by top-k sampling with a temperature. The same seed, model and machine give the same
 * text.
 *
 * @returns texts without openings and ends. The last text of each row may be incomplete.
 */
export async function* ownText(
  model: RowGenerator,
  format: WritingFormat,
  { tokens, rows, rowTokens = 256, temperature = 0.9, top = 50, seed }: OwnTextOptions,
): AsyncGenerator<OwnTextProgress, OwnText[]> {
  const rounds = Math.ceil(tokens / (rows * rowTokens));
  const uniform = mulberry32(seed);
  const texts: OwnText[] = [];
  let before = 0;
  for (let round = 0; before < tokens; round++) {
    // A short context ends rows early, so there may be more rounds.
    const wanted = Math.ceil((tokens - before) / Math.max(1, rounds - round));
    const count = Math.min(rows, Math.ceil(wanted / rowTokens));
    const writers = Array.from({ length: count }, () => new RowWriter(format));
    const choose = (row: number, likely: NextTokens) =>
      writers[row]!.next(() => sample(likely, temperature, uniform()));
    const written = () => writers.reduce((sum, writer) => sum + writer.tokens, 0);
    for await (const _ of model.generateRows(openingRows(format, writers.length), { top, choose })) {
      yield { tokens: Math.min(tokens, before + written()), total: tokens };
      if (written() >= wanted) break;
    }
    if (written() === 0) break; // the openings fill the context
    before += written();
    for (const writer of writers) texts.push(...writer.texts);
  }
  return texts;
}

/** The first opening, repeated for each row. */
function openingRows({ openings }: WritingFormat, rows: number): TokenBatch {
  const opening = openings[0]!;
  const ids = new Int32Array(rows * opening.length);
  for (let row = 0; row < rows; row++) ids.set(opening, row * opening.length);
  return { ids, shape: [rows, opening.length] };
}

/** One row of generated text, with the openings between its parts. */
class RowWriter {
  /** Number of generated tokens, without openings and ends. */
  tokens = 0;
  private readonly all: number[][][] = [[[]]];
  private opening: number[] = [];

  constructor(private readonly format: WritingFormat) {}

  /** The texts so far, without empty parts. */
  get texts(): OwnText[] {
    return this.all
      .map((parts) => parts.filter(({ length }) => length > 0))
      .filter(({ length }) => length > 0);
  }

  /** Returns the next token of the row: one of an opening, otherwise the result of `sample`. */
  next(sample: () => number): number {
    const opening = this.opening.shift();
    if (opening !== undefined) return opening;
    const id = sample();
    if (this.format.ends.includes(id)) this.endPart();
    else {
      this.all.at(-1)!.at(-1)!.push(id);
      this.tokens++;
    }
    return id;
  }

  private endPart(): void {
    const { openings } = this.format;
    const parts = this.all.at(-1)!;
    const turn = parts.length % openings.length;
    if (turn === 0) this.all.push([[]]);
    else parts.push([]);
    this.opening = [...openings[turn]!];
  }
}

/** Draws from the softmax of the candidates at a temperature. `uniform` is a random number in [0, 1). */
function sample({ logits, ids }: NextTokens, temperature: number, uniform: number): number {
  const weights = Array.from(logits, (logit) => Math.exp((logit - logits[0]!) / temperature));
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return ids.at(chosen)!; // −1, the last, if rounding leaves a remainder
}
