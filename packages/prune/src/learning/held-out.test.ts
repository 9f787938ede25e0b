import { fc, test as property } from '@fast-check/vitest';
import type { TokenBatch } from '@grasp/calib-data';
import type { Decoder, DecoderParameters } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { parseSettings } from '../settings/parse.js';
import { heldOutCount, learnedSizes, splitHeldOut } from './held-out.js';
import { keepShare, shareOf } from './keep-share.js';

const text = (blocks: number): TokenBatch => ({
  ids: Int32Array.from({ length: 2 * blocks }, (_, i) => i),
  shape: [blocks, 2],
});

property.prop([fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 8 })])(
  'a text is cut into what is learned and what is held out, whole and in order',
  (blocks, most) => {
    const { scales } = parseSettings();
    const settings = { heldOut: { blocks: most }, scales };
    const { learned, heldOut } = splitHeldOut(settings, text(blocks));
    expect([...learned.ids, ...(heldOut?.ids ?? [])]).toEqual([...text(blocks).ids]);
    const count = heldOutCount(settings, blocks);
    expect(heldOut?.shape[0] ?? 0).toBe(count);
    expect(16 * count).toBeLessThanOrEqual(blocks);
    expect(learnedSizes(settings, { gates: blocks, scales: blocks })).toEqual({
      gates: blocks - count,
      scales: blocks - count,
    });
    expect(learnedSizes(settings, { gates: 9, scales: blocks, apart: true }).gates).toBe(9);
    expect(heldOutCount({ ...settings, scales: { ...scales, epochs: 0 } }, blocks)).toBe(0);
  },
);

describe('the share that is kept', () => {
  /** A model whose loss on every token is a function of its first gate. */
  const modelWith = (loss: (gate: number) => number) =>
    ({
      under: ({ gates }: DecoderParameters) => ({
        negLogLikelihood: async ({ shape }: TokenBatch) =>
          new Float32Array(shape[0] * (shape[1] - 1)).fill(loss(gates![0]!)),
      }),
    }) as unknown as Decoder;
  const kept = async (loss: (gate: number) => number) => {
    const run = keepShare(modelWith(loss), text(3), (share) => ({ gates: Float32Array.of(share) }));
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value;
    }
  };

  it.each([
    ['all, if all of it helps', (share: number) => 3 - share, 1],
    ['half, if all of it is too much', (share: number) => (share - 0.5) ** 2, 0.5],
    ['nothing, if any of it harms', (share: number) => 3 + share, 0],
    ['nothing, if it changes nothing', () => 3, 0],
    ['nothing that is not a number', (share: number) => (share > 0 ? Number.NaN : 3), 0],
  ])('%s', async (_, loss, share) => {
    expect(await kept(loss)).toMatchObject({ blocks: 3, share });
  });
});

it('a share of LoRA is that share of the product of its factors', () => {
  const [a, b] = [3, 5];
  const { scales, lora } = shareOf({ scales: Float32Array.of(2), lora: Float32Array.of(a, b) }, 0.25);
  expect([...scales]).toEqual([0.5]);
  expect(lora[0]! * lora[1]!).toBeCloseTo(0.25 * a * b);
});
