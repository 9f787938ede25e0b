import { keptPerBlock, maskCost } from '@grasp/budget';
import { random, randomCheckpoint } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { parseSettings } from '../settings/parse.js';
import { SettingsError } from '../settings/settings-error.js';
import { BudgetTooSmallError } from './budget-too-small-error.js';
import { projectionOf } from './projection.js';

const shape = {
  model_type: 'llama',
  hidden_size: 24,
  intermediate_size: 200,
  num_attention_heads: 6,
  num_key_value_heads: 6,
  head_dim: 4,
  num_hidden_layers: 4,
  vocab_size: 16,
  tie_word_embeddings: true,
} as const;
const model = randomCheckpoint(shape, 1);
const chance = random(1);
const scores = Float32Array.from({ length: 4 * 206 }, () => chance());

const keptUnder = (...inputs: Record<string, unknown>[]) => {
  const { layout, project } = projectionOf(model, parseSettings(...inputs));
  const mask = project(scores);
  const kept = Array.from(keptPerBlock(layout, mask));
  return {
    share: maskCost(layout, mask) / layout.totalCost,
    channels: kept.filter((_, block) => block % 2 === 0),
    groups: kept.filter((_, block) => block % 2 === 1),
  };
};

describe('projectionOf', () => {
  it('gives all layers one shape where asked to, within the budget', () => {
    const { share, channels, groups } = keptUnder({
      budget: { keep: 0.5 },
      projection: { layout: 'uniform' },
    });
    expect(new Set(channels).size).toBe(1);
    expect(new Set(groups).size).toBe(1);
    expect(share).toBeLessThanOrEqual(0.5);
    expect(share).toBeGreaterThan(0.47);
  });

  it('aligns FFN widths, alone or with one shape', () => {
    for (const shape of ['free', 'uniform']) {
      const { share, channels } = keptUnder({
        budget: { keep: 0.6 },
        projection: { align: 32, layout: shape },
      });
      for (const count of channels) expect(count % 32).toBe(0);
      expect(share).toBeLessThanOrEqual(0.6);
    }
  });

  it('prunes one kind alone, and leaves protected units', () => {
    const ffn = keptUnder({ budget: { keep: 0.6 }, projection: { only: 'ffn' } });
    expect(ffn.groups).toEqual([6, 6, 6, 6]);
    expect(ffn.share).toBeGreaterThan(0.599);
    const kv = keptUnder({ budget: { keep: 0.96 }, projection: { only: 'kv' } });
    expect(kv.channels).toEqual([200, 200, 200, 200]);
    const first = keptUnder({ budget: { keep: 0.5 }, projection: { protect: ['layers.0.*', '*.kv.2'] } });
    expect([first.channels[0], first.groups[0]]).toEqual([200, 6]);
    expect(first.share).toBeLessThanOrEqual(0.5);
  });

  it.each(['layers', 'sublayers'] as const)('keeps or removes whole %s, and no other fits', (only) => {
    for (const keep of [0.3, 0.5, 0.77]) {
      const { share, channels, groups } = keptUnder({ budget: { keep }, projection: { only } });
      expect(share).toBeLessThanOrEqual(keep);
      for (const count of channels) expect([0, 200]).toContain(count);
      for (const count of groups) expect([0, 6]).toContain(count);
      if (only === 'layers')
        expect(channels.map((count) => count > 0)).toEqual(groups.map((count) => count > 0));
      const [whole, least] =
        only === 'layers' ? [1 / 4, 'layer'] : [(6 * 16) / 3 / 4 / (200 + 32), 'attention'];
      const gone = only === 'layers' ? channels.includes(0) : groups.includes(0);
      if (gone) expect(share + whole, `${least} at ${keep}`).toBeGreaterThan(keep);
    }
  });

  it('refuses widths that whole layers or sublayers do not have', () => {
    const under = (projection: object) => keptUnder({ budget: { keep: 0.5 }, projection });
    expect(() => under({ only: 'sublayers', layout: 'uniform', minimum: 2 })).toThrow(
      'cannot meet projection.layout uniform and projection.minimum 2',
    );
    expect(() => under({ only: 'layers', align: 32 })).toThrow('cannot meet projection.align 32');
    for (const projection of [{ align: 8 }, { layout: 'uniform' }])
      expect(new Set(under({ only: 'layers', ...projection }).channels)).toEqual(new Set([0, 200]));
  });

  it('keeps the whole layer of a protected unit, and refuses a budget without room for it', () => {
    const under = (only: string, protect: string[], keep: number) =>
      keptUnder({ budget: { keep }, projection: { only, protect } });
    const first = under('layers', ['layers.0.ffn.3'], 0.3);
    expect([first.channels, first.groups]).toEqual([
      [200, 0, 0, 0],
      [6, 0, 0, 0],
    ]);
    expect(() => under('layers', ['*.kv'], 0.5)).toThrow(
      'need 1. Use budget.keep 1 or more, or fewer units in projection.protect',
    );
    expect(() => under('sublayers', ['*.ffn.0'], 0.5)).toThrow(BudgetTooSmallError);
    expect(under('sublayers', ['*.kv.0'], 0.5).groups).toEqual([6, 6, 6, 6]);
  });

  it('removes the layers with the lowest sums, and meets the budget with the others', () => {
    const sums = [0, 1, 2, 3].map((layer) =>
      scores.subarray(206 * layer, 206 * (layer + 1)).reduce((sum, score) => sum + score, 0),
    );
    const least = sums.indexOf(Math.min(...sums));
    const all = keptUnder({ budget: { keep: 1 }, projection: { dropLayers: 1 } });
    expect(all.channels).toEqual([0, 1, 2, 3].map((layer) => (layer === least ? 0 : 200)));
    expect(all.groups).toEqual([0, 1, 2, 3].map((layer) => (layer === least ? 0 : 6)));
    const half = keptUnder({ budget: { keep: 0.5 }, projection: { dropLayers: 1, layout: 'uniform' } });
    expect(half.channels.filter((count) => count > 0).length).toBe(3);
    expect(new Set(half.channels).size).toBe(2);
    expect(half.share).toBeLessThanOrEqual(0.5);
    expect(half.share).toBeGreaterThan(0.47);
    const protect = [`layers.${least}.ffn.0`];
    const other = keptUnder({ budget: { keep: 1 }, projection: { dropLayers: 1, protect } });
    expect(other.channels[least]).toBe(200);
    expect(other.channels.filter((count) => count === 0).length).toBe(1);
  });

  it('refuses to remove all layers, or the layers of a model whose attention stays', () => {
    expect(() => keptUnder({ projection: { dropLayers: 4 } })).toThrow('the model has 4 layers');
    expect(() => keptUnder({ projection: { dropLayers: 1, only: 'layers' } })).toThrow('Leave out');
    expect(() => keptUnder({ projection: { dropLayers: 1, only: 'ffn' } })).toThrow(
      'dropLayers 1: 0 layers may be removed',
    );
    const protect = ['layers.0', 'layers.1', 'layers.2.kv.0'];
    expect(() => keptUnder({ projection: { dropLayers: 2, protect } })).toThrow(
      'dropLayers 2: 1 layer may be removed',
    );
    const olmo = { ...model, config: { ...model.config, model_type: 'olmo2' } };
    expect(() => projectionOf(olmo, parseSettings({ projection: { dropLayers: 1 } }))).toThrow(
      'Attention of olmo2 cannot be pruned',
    );
  });

  it('names the option that would leave a bias of a removed part', () => {
    const biased = randomCheckpoint({ ...shape, mlp_bias: true }, 1);
    for (const [projection, remedy] of [
      [{ dropLayers: 1 }, 'Leave projection.dropLayers out.'],
      [{ only: 'layers' }, 'Leave projection.only layers out.'],
      [{ minimum: 0 }, 'Use projection.minimum 1.'],
    ] as const)
      expect(() => projectionOf(biased, parseSettings({ projection }))).toThrow(`are removed. ${remedy}`);
  });

  it('counts the minimum of the layers that stay, and none of those that it removes', () => {
    const projection = { dropLayers: 2, minimum: 190 }; // a layer keeps 190 channels and all groups: 222 of 232
    const { channels } = keptUnder({ budget: { keep: 0.4785 }, projection });
    expect(channels.toSorted((a, b) => a - b)).toEqual([0, 0, 190, 190]);
    expect(() => keptUnder({ budget: { keep: 0.4784 }, projection })).toThrow('must be kept need 0.4785');
    const { projectShare, layout } = projectionOf(
      model,
      parseSettings({ budget: { keep: 0.5 }, projection }),
    );
    // A share of 0.3 removes no layer yet, but the minimum of four does not fit.
    expect(maskCost(layout, projectShare(scores, 0.3)) / layout.totalCost).toBeLessThan(0.85);
    const narrow = { ...projection, layout: 'uniform', align: 2, protect: ['layers.0.ffn.0'] };
    expect(keptUnder({ budget: { keep: 0.4785 }, projection: narrow }).channels[0]).toBe(190);
  });

  it('keeps a minimum in every block, or lets whole ones go', () => {
    const least = keptUnder({ budget: { keep: 0.5 }, projection: { minimum: 3 } });
    expect(Math.min(...least.groups)).toBeGreaterThanOrEqual(3);
    const { groups } = keptUnder({ budget: { keep: 0.1 }, projection: { minimum: 0 } });
    expect(groups).toContain(0);
  });

  it('refuses a pattern that names nothing, and a model of which nothing would be left', () => {
    expect(() => keptUnder({ projection: { protect: ['layers.4.*'] } })).toThrow(
      /"layers.4.*" matches no unit/,
    );
    expect(() => keptUnder({ budget: { keep: 1e-5 }, projection: { minimum: 0 } })).toThrow(
      expect.objectContaining({
        code: 'GRASP_BUDGET',
        message: expect.stringMatching(/^No unit of the model/),
      }),
    );
    const biased = randomCheckpoint({ ...shape, mlp_bias: true }, 1);
    expect(() => projectionOf(biased, parseSettings({ projection: { minimum: 0 } }))).toThrow(
      /down_proj.bias.*projection.minimum 1/,
    );
  });

  it("refuses all that the paper's projection does not know", () => {
    for (const more of [
      { projection: { layout: 'uniform' } },
      { projection: { align: 32 } },
      { budget: { params: '1M' } },
      { projection: { only: 'kv' } },
      { projection: { minimum: 2 } },
    ]) {
      expect(() => keptUnder({ projection: { rule: 'paper' } }, more)).toThrow(SettingsError);
    }
    expect(keptUnder({ projection: { rule: 'paper' }, budget: { keep: 0.5 } }).share).toBeGreaterThan(0.4);
  });
});

describe('a model whose KV groups cannot be pruned', () => {
  const olmo = {
    source: 'olmo',
    config: {
      ...{ model_type: 'olmo2', hidden_size: 16, intermediate_size: 12, num_attention_heads: 4, head_dim: 8 },
      ...{ num_hidden_layers: 2, vocab_size: 40 },
    },
    tensors: new Map(),
  };
  const settings = (projection: Record<string, unknown>) =>
    parseSettings({}, { budget: { keep: 0.5 }, projection });

  it('has units of FFN channels alone', () => {
    for (const projection of [{}, { only: 'ffn' }]) {
      const { layout } = projectionOf(olmo, settings(projection));
      expect(layout.blocks.map(({ kind }) => kind)).toEqual(['ffn', 'ffn']);
    }
  });

  it('says why its attention is not pruned', () => {
    expect(() => projectionOf(olmo, settings({ only: 'kv' }))).toThrow('Attention of olmo2 cannot be pruned');
  });
});
