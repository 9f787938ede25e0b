import { describe, expect, it } from 'vitest';
import type { LatencyTable } from '../settings/latency-table.js';
import { SettingsError } from '../settings/settings-error.js';
import { latencyCosts, latencyMisfit } from './latency-costs.js';

/** Two layers of 100 channels and 4 KV groups. The times are in milliseconds. */
function tableOf(ffn: [channels: number, ms: number][], kv: [groups: number, ms: number][]): LatencyTable {
  const model = { layers: 2, hiddenSize: 8, headSize: 2, headsPerGroup: 1, channels: 100, groups: 4 };
  return {
    format: 'grasp-latency',
    version: 1,
    machine: '',
    engine: '',
    tokens: 64,
    model,
    ffn: ffn.map(([channels, milliseconds]) => ({ channels, milliseconds })),
    kv: kv.map(([groups, milliseconds]) => ({ groups, milliseconds })),
  };
}
/** 5 ms, 0.1 ms for a channel and 1 ms for a group. */
const time = (channels: number, groups: number) => 5 + 0.1 * 2 * channels + 2 * groups;

describe('latencyCosts', () => {
  it('recovers the costs of linear times', () => {
    const table = tableOf(
      [0, 50, 100].map((channels) => [channels, time(channels, 4)]),
      [1, 2, 4].map((groups) => [groups, time(100, groups)]),
    );
    const { ffn, kv, fixed } = latencyCosts(table);
    expect([ffn, kv, fixed]).toEqual([expect.closeTo(0.1, 9), expect.closeTo(1, 9), expect.closeTo(5, 9)]);
    expect(latencyMisfit(table)).toBeLessThan(1e-9);
  });

  it('is 0 for a series of one width, and for the rest never below 0', () => {
    const table = tableOf([[100, 12]], [[4, 12]]);
    expect(latencyCosts(table)).toEqual({ ffn: 0, kv: 0, fixed: 12 });
    const steep = tableOf(
      [
        [100, 10],
        [50, 1],
      ],
      [[4, 10]],
    );
    expect(latencyCosts(steep).fixed).toBe(0);
  });

  it('refuses times that do not grow with the width', () => {
    const table = tableOf(
      [
        [50, 9],
        [100, 9],
      ],
      [[4, 9]],
    );
    expect(() => latencyCosts(table)).toThrow(SettingsError);
    expect(() => latencyCosts(table)).toThrow('ffn widths');
  });
});

describe('latencyMisfit', () => {
  it('is the largest relative error', () => {
    // The model has the mean of both times, 10.75.
    const table = tableOf([[100, 10]], [[4, 11.5]]);
    expect(latencyMisfit(table)).toBeCloseTo(0.75 / 10, 9);
  });
});
