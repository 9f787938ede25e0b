import { describe, expect, test } from 'vitest';
import { bigramModel } from '../../test/bigram-model.js';
import { roundToBfloat16 } from './bfloat16.js';
import { lastOf, perplexity } from './perplexity.js';

const windows = { ids: Int32Array.of(0, 1, 2, 0, 2, 4), shape: [2, 3] as const };
/** Loss = distance of the two ids: 1, 1 in the first window and 2, 2 in the second. */
const model = bigramModel((previous, next) => Math.abs(next - previous));

async function collect<T>(run: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of run) all.push(item);
  return all;
}

describe('perplexity', () => {
  test('is exp of the mean loss over all targets, window by window', async () => {
    const records = await collect(perplexity(model, windows));
    expect(records).toMatchObject([
      { window: 0, windows: 2, nll: 1, tokens: 2, perplexity: Math.E },
      { window: 1, windows: 2, nll: 2, tokens: 4, perplexity: Math.exp(1.5) },
    ]);
  });

  test('does not depend on the batch', async () => {
    expect(await collect(perplexity(model, windows, { batch: 2 }))).toEqual(
      await collect(perplexity(model, windows)),
    );
    expect(await collect(perplexity(model, windows, { batch: 9 }))).toHaveLength(2);
  });

  test('the figure of the paper moves in bfloat16 steps', async () => {
    // Dense LLaMA-2-7B, WikiText-2: 5.4911 in the paper is exp(218 / 128), and 1/128 is one step there.
    const near = bigramModel(() => 1.7);
    const { perplexityBfloat16 } = await lastOf(perplexity(near, windows));
    expect(perplexityBfloat16).toBeCloseTo(5.4911, 4);
  });

  test('a non-finite loss names its window', async () => {
    const broken = bigramModel((previous) => (previous === 2 ? Number.NaN : 1));
    const run = collect(perplexity(broken, windows, { batch: 2 }));
    await expect(run).rejects.toMatchObject({ code: 'GRASP_EVAL_NON_FINITE', where: 'window 1' });
  });

  test('targets that a loss mask leaves out are not scored; without any left there is no perplexity', async () => {
    const masked = { ...windows, lossMask: Uint8Array.of(1, 0, 0, 1, 0, 1) }; // a first token is no target
    const records = await collect(perplexity(model, masked));
    expect(records.at(-1)).toMatchObject({ nll: 2, tokens: 1, perplexity: Math.exp(2) });
    const none = { ...windows, lossMask: Uint8Array.of(1, 0, 0, 1, 0, 0) };
    await expect(lastOf(perplexity(model, none))).rejects.toThrow(
      'the loss mask of 2 windows counts no target',
    );
  });

  test.each([3, 5, 0])('a model that returns %i losses for 4 targets is refused', async (length) => {
    const wrong = { contextLength: 64, negLogLikelihood: async () => new Float32Array(length) };
    await expect(lastOf(perplexity(wrong, windows, { batch: 2 }))).rejects.toMatchObject({
      code: 'GRASP_EVAL_MODEL_OUTPUT',
      message: `negLogLikelihood returned ${length} losses; expected 4, 2 for each of 2 rows of 3 tokens`,
    });
  });

  test('windows beyond the context are refused', async () => {
    await expect(
      lastOf(
        perplexity(
          bigramModel(() => 1, 2),
          windows,
        ),
      ),
    ).rejects.toMatchObject({
      code: 'GRASP_EVAL_WINDOW',
      length: 3,
      contextLength: 2,
    });
  });
});

test('roundToBfloat16 rounds to 8 significant bits, ties to even', () => {
  expect(roundToBfloat16(1.00390625)).toBe(1); // 1 + 2⁻⁸: half a step, the even neighbour is below
  expect(roundToBfloat16(1.01171875)).toBe(1.015625); // 1 + 3·2⁻⁸: half a step, the even neighbour is above
  expect(roundToBfloat16(1.004)).toBe(1.0078125);
  expect(roundToBfloat16(-Math.PI)).toBe(-3.140625);
  expect(roundToBfloat16(0)).toBe(0);
  expect(roundToBfloat16(Number.NaN)).toBeNaN();
  expect(roundToBfloat16(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
});
