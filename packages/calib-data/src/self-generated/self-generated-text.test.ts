import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type OwnText,
  type OwnTextOptions,
  ownText,
  type RowGenerator,
  type WritingFormat,
} from '../index.js';

const END = 9;
const chat: WritingFormat = { openings: [Int32Array.of(100, 101), Int32Array.of(102)], ends: [END] };
const plain: WritingFormat = { openings: [Int32Array.of(100)], ends: [END] };

/** A model whose most likely token depends on the tokens that it has read. It keeps those tokens. */
function model(likeliest: (read: readonly number[]) => number, context = 1000) {
  const read: number[][][] = [];
  const generator: RowGenerator = {
    async *generateRows({ ids, shape: [count, length] }, { top, choose }) {
      const rows = Array.from({ length: count }, (_, row) => [
        ...ids.subarray(row * length, (row + 1) * length),
      ]);
      read.push(rows);
      while (rows[0]!.length < context) {
        const next = rows.map((row, index) => {
          const first = likeliest(row);
          const likely = Int32Array.from({ length: top }, (_, i) => (first + i) % 10);
          return choose(index, { ids: likely, logits: Float32Array.from(likely, (_, i) => -i) });
        });
        for (const [row, id] of next.entries()) rows[row]!.push(id);
        yield Int32Array.from(next);
      }
    },
  };
  return { generator, read };
}

async function written(
  generator: RowGenerator,
  format: WritingFormat,
  options: Partial<OwnTextOptions> = {},
): Promise<OwnText[]> {
  const run = ownText(generator, format, { tokens: 12, rows: 2, rowTokens: 6, top: 1, seed: 1, ...options });
  for (;;) {
    const { done, value } = await run.next();
    if (done) return value;
  }
}

/** Ends after each third token. */
const everyThird = (read: readonly number[]) => {
  const own = read.filter((id) => id < 100);
  return own.length % 4 === 3 ? END : own.length % 4;
};

describe('ownText', () => {
  it('keeps what the model writes in parts, and puts the openings between', async () => {
    const { generator, read } = model(everyThird);
    const texts = await written(generator, chat, { rows: 1, tokens: 9, rowTokens: 9 });
    expect(texts).toEqual([
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
      [[0, 1, 2]],
    ]);
    expect(read).toEqual([[[100, 101, 0, 1, 2, END, 102, 0, 1, 2, END, 100, 101, 0, 1, 2]]]);
  });

  it('starts a new text after each end if there is one opening', async () => {
    const { generator } = model(everyThird);
    const texts = await written(generator, plain);
    expect(texts).toEqual(Array(4).fill([[0, 1, 2]]));
  });

  it('leaves out texts that end at once', async () => {
    const { generator } = model((read) =>
      read.at(-1)! < 100 && read.at(-1) !== END ? END : read.length % 2 ? END : 5,
    );
    const texts = await written(generator, plain, { rows: 1, tokens: 3, rowTokens: 3 });
    expect(texts.flat()).not.toContainEqual([]);
  });

  it('writes as much as was asked for in rounds of no more rows and tokens than allowed', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        async (tokens, rows, rowTokens) => {
          const { generator, read } = model(everyThird);
          const texts = await written(generator, chat, { tokens, rows, rowTokens });
          const total = texts.flat(2).length;
          expect(total).toBeGreaterThanOrEqual(tokens);
          expect(total).toBeLessThan(tokens + rows * read.length);
          expect(read.length).toBe(Math.ceil(tokens / (rows * rowTokens)));
          for (const round of read) expect(round.length).toBeLessThanOrEqual(rows);
        },
      ),
    ));

  it('draws by seed and temperature among the likeliest', async () => {
    const { generator } = model(() => 0);
    const draw = async (options: Partial<OwnTextOptions>) =>
      (await written(generator, plain, { tokens: 400, rowTokens: 200, top: 4, ...options })).flat(2);
    const first = await draw({});
    expect(await draw({})).toEqual(first);
    expect(await draw({ seed: 2 })).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([0, 1, 2, 3]));
    const share = (ids: number[], id: number) => ids.filter((other) => other === id).length / ids.length;
    // Logits fall by one, so at temperature t each token is e^(1/t) times as likely as the next.
    const expected = 1 / [0, 1, 2, 3].reduce((sum, i) => sum + Math.exp(-i / 0.9), 0);
    expect(share(first, 0)).toBeCloseTo(expected, 1);
    expect(share(await draw({ temperature: 0.01 }), 0)).toBe(1);
  });

  it('begins new rows where the context is full, never more than allowed at once', async () => {
    const { generator } = model(() => 0, 5);
    const rows: number[] = [];
    const counted: RowGenerator = {
      generateRows: (prompts, options) => {
        rows.push(prompts.shape[0]);
        return generator.generateRows(prompts, options);
      },
    };
    expect((await written(counted, plain)).flat(2)).toHaveLength(12);
    expect(rows).toEqual([2, 1]);
  });

  it('tells how far it is', async () => {
    const { generator } = model(everyThird);
    const run = ownText(generator, plain, { tokens: 5, rows: 2, rowTokens: 3, seed: 1, top: 1 });
    expect((await run.next()).value).toEqual({ tokens: 2, total: 5 });
    await run.return([]);
  });
});
