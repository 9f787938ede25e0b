import { createLayout } from '@grasp/budget';
import { latencyCosts, latencyMisfit, latencyTableSchema } from '@grasp/prune';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { profileCommand } from './index.js';
import { maskOfWidths, measureWidths, stepsUpTo } from './measure-widths.js';

const layers = 2;
const dense = { channels: 40, groups: 3 };
const layout = createLayout(
  [0, 1].flatMap((layer) => [
    { layer, kind: 'ffn', count: dense.channels, cost: 1 },
    { layer, kind: 'kv', count: dense.groups, cost: 8 },
  ]),
);

afterEach(() => vi.restoreAllMocks());

it('refuses an output in no folder before it looks for the model', async () => {
  const command = profileCommand()
    .exitOverride()
    .parseAsync(['no-model', '--out', '/no/such/folder/table.json'], { from: 'user' });
  await expect(command).rejects.toMatchObject({ code: 'GRASP_FILE_WRITE', reason: 'io' });
});

describe('stepsUpTo', () => {
  it('takes equal steps, and each width once', () => {
    expect(stepsUpTo(40)).toEqual([8, 16, 24, 32, 40]);
    expect(stepsUpTo(3)).toEqual([1, 2, 3]);
    expect(stepsUpTo(1)).toEqual([1]);
  });
});

describe('measureWidths', () => {
  it('measures one width of a kind that cannot be pruned', async () => {
    const ffnAlone = createLayout([{ layer: 0, kind: 'ffn', count: 40, cost: 1 }]);
    const times = await measureWidths(ffnAlone, dense, async () => {}, { repeats: 1 });
    expect(times.ffn).toHaveLength(5);
    expect(times.kv.map(({ groups }) => groups)).toEqual([3]);
  });

  it('times each width after its weights are permuted, and finds the cost of each unit', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    let last: Float32Array | undefined;
    const pass = async (gates: Float32Array) => {
      if (gates !== last) now += 1000; // permutes the weights
      last = gates;
      const kept = (kind: string) =>
        layout.blocks
          .filter((block) => block.kind === kind)
          .reduce(
            (sum, { start, count }) => sum + gates.subarray(start, start + count).filter(Boolean).length,
            0,
          );
      now += 5 + 0.1 * kept('ffn') + 2 * kept('kv');
    };
    const times = await measureWidths(layout, dense, pass, { repeats: 3 });
    expect(times.ffn.map(({ channels }) => channels)).toEqual([8, 16, 24, 32, 40]);
    expect(times.kv.map(({ groups }) => groups)).toEqual([1, 2, 3]);
    const table = latencyTableSchema.parse({
      ...{ format: 'grasp-latency', version: 1, machine: 'made up', engine: 'none', tokens: 8 },
      model: { layers, hiddenSize: 8, headSize: 2, headsPerGroup: 1, ...dense },
      ...times,
    });
    const { ffn, kv, fixed } = latencyCosts(table);
    expect([ffn, kv, fixed]).toEqual([0.1, 2, 5].map((value) => expect.closeTo(value, 9)));
    expect(latencyMisfit(table)).toBeLessThan(1e-9);
  });

  it('keeps the first units of each block', () => {
    const gates = maskOfWidths(layout, { channels: 2, groups: 1 });
    expect([...gates.entries()].flatMap(([unit, gate]) => (gate === 1 ? [unit] : []))).toEqual([
      0, 1, 40, 43, 44, 83,
    ]);
  });
});
