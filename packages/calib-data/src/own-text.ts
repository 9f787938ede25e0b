import { mulberry32 } from '@grasp/random';
import type { TokenBatch } from './token-batch.js';
import type { WritingFormat } from './writing-format.js';

/** The likeliest next tokens of a row, from the likeliest on. */
export interface NextTokens {
  readonly logits: Float32Array;
  readonly ids: Int32Array;
}

/** What continues several rows at once, a token of each in a step: the `Decoder` of `@grasp/decoder`, or the like. */
export interface RowGenerator {
  /**
   * The next token of each row, again and again, until the context is full or the loop is left.
   *
   * @param prompts `[rows, length]`.
   * @param options `top`: how many tokens there are to choose from; `choose`: tells the next token of a row.
   */
  generateRows(
    prompts: TokenBatch,
    options: { readonly top: number; readonly choose: (row: number, likely: NextTokens) => number },
  ): AsyncGenerator<Int32Array, void>;
}

export interface OwnTextOptions {
  /** Tokens to write, at least. */
  readonly tokens: number;
  /** Rows written at once, at most. */
  readonly rows: number;
  /** Tokens after which a row begins with nothing read before. Default 256. */
  readonly rowTokens?: number;
  /** Above 1 more various, below 1 less. Default 0.9. */
  readonly temperature?: number;
  /** Only so many of the likeliest tokens are considered. Default 50. */
  readonly top?: number;
  readonly seed: number;
}

/** How far writing is. */
export interface OwnTextProgress {
  readonly tokens: number;
  readonly total: number;
}

/** The parts of one text, as token ids: a message and its reply, or one part alone. */
export type OwnText = readonly (readonly number[])[];

/**
 * Text that a model writes by itself, to calibrate it on what it knows beside, or in place of, a corpus (Williams et al.,
 * arXiv 2410.17170). Sampled from the likeliest tokens at a temperature; the same for the same seed, model and machine.
 *
 * @returns texts without their openings and ends; what was being written in the end is cut off.
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
  for (let round = 0; round < rounds; round++) {
    const wanted = Math.ceil((tokens - before) / (rounds - round));
    const writers = Array.from({ length: Math.ceil(wanted / rowTokens) }, () => new RowWriter(format));
    const choose = (row: number, likely: NextTokens) =>
      writers[row]!.next(() => sample(likely, temperature, uniform()));
    const written = () => writers.reduce((sum, writer) => sum + writer.tokens, 0);
    for await (const _ of model.generateRows(openingRows(format, writers.length), { top, choose })) {
      yield { tokens: Math.min(tokens, before + written()), total: tokens };
      if (written() >= wanted) break;
    }
    before += written();
    for (const writer of writers) texts.push(...writer.texts);
  }
  return texts;
}

/** The first opening once for each row. */
function openingRows({ openings }: WritingFormat, rows: number): TokenBatch {
  const opening = openings[0]!;
  const ids = new Int32Array(rows * opening.length);
  for (let row = 0; row < rows; row++) ids.set(opening, row * opening.length);
  return { ids, shape: [rows, opening.length] };
}

/** One row: what the model writes, and the openings that are put between. */
class RowWriter {
  /** Tokens of the model's own. */
  tokens = 0;
  private readonly all: number[][][] = [[[]]];
  private opening: number[] = [];

  constructor(private readonly format: WritingFormat) {}

  /** Texts so far, without empty parts. */
  get texts(): OwnText[] {
    return this.all
      .map((parts) => parts.filter(({ length }) => length > 0))
      .filter(({ length }) => length > 0);
  }

  /** The row's next token: of an opening, else what `sample` picks. */
  next(sample: () => number): number {
    const put = this.opening.shift();
    if (put !== undefined) return put;
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

/** Softmax of the likeliest tokens at a temperature; `uniform`, from [0, 1), decides among them. */
function sample({ logits, ids }: NextTokens, temperature: number, uniform: number): number {
  const weights = Array.from(logits, (logit) => Math.exp((logit - logits[0]!) / temperature));
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return ids.at(chosen)!; // rounding may leave a rest: the last
}
