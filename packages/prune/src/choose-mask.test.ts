import { createLayout, keptPerBlock, maskCost } from '@grasp/budget';
import { random } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { projectionOf } from './choose-mask.js';
import { parseSettings, SettingsError } from './settings.js';

const layout = createLayout(
  [0, 1, 2, 3].flatMap((layer) => [
    { layer, kind: 'ffn', count: 200, cost: 1 },
    { layer, kind: 'kv', count: 6, cost: 20 },
  ]),
);
const chance = random(1);
const scores = Float32Array.from({ length: layout.size }, () => chance());
const keptUnder = (input: Record<string, unknown>) => {
  const mask = projectionOf(layout, parseSettings(input)).project(scores, 0);
  const kept = keptPerBlock(layout, mask);
  return {
    share: maskCost(layout, mask) / layout.totalCost,
    channels: Array.from(kept).filter((_, block) => block % 2 === 0),
    groups: Array.from(kept).filter((_, block) => block % 2 === 1),
  };
};

describe('projectionOf', () => {
  it('gives all layers one shape where asked to, within the budget', () => {
    const { share, channels, groups } = keptUnder({ keep: 0.5, layout: 'uniform' });
    expect(new Set(channels).size).toBe(1);
    expect(new Set(groups).size).toBe(1);
    expect(share).toBeLessThanOrEqual(0.5);
    expect(share).toBeGreaterThan(0.49);
  });

  it('aligns FFN widths, alone or with one shape', () => {
    for (const shape of ['free', 'uniform']) {
      const { share, channels } = keptUnder({ keep: 0.6, align: 32, layout: shape });
      for (const count of channels) expect(count % 32).toBe(0);
      expect(share).toBeLessThanOrEqual(0.6);
    }
  });

  it("refuses both with the paper's projection", () => {
    expect(() => keptUnder({ projection: 'paper', layout: 'uniform' })).toThrow(SettingsError);
    expect(() => keptUnder({ projection: 'paper', align: 32 })).toThrow(SettingsError);
  });
});
