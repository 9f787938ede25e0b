import { budgetFromKeepRatio, keptPerBlock, maskCost, projectExact } from '@grasp/budget';
import { parseSettings } from '@grasp/prune';
import { expect, it } from 'vitest';
import { madeUpRun } from '../../test/made-up-run.js';
import { decodeLiveRun } from '../live/live-run.js';
import { maskAt } from '../live/scored-units.js';
import { runReport } from './run-report.js';

const embedded = (page: string) =>
  decodeLiveRun(/<script type="application\/json" id="run">(.*?)<\/script>/s.exec(page)![1]!);

it('is one file that asks for nothing, and says what the run did', async () => {
  const page = await runReport(madeUpRun(), [
    { model: 'dense', tasks: [{ task: 'piqa', items: 2, acc: { value: 0.5 } }] },
  ]);
  expect(page).not.toMatch(/(src|href|url\()\s*=?\s*["']?(https?:)?\/\//);
  expect(page).not.toContain('/home/me');
  expect(page).toContain('<h1>A &#60;small&#62; model, pruned to 50.0%</h1>');
  expect(page).toMatch(/<th scope="row">test.txt<\/th><td>20.00<\/td><td>210.00<\/td><td>130.00<\/td>/);
  expect(page).toContain('<th scope="row">piqa</th><td>50.0%</td>');
  expect(page.match(/<figure><svg/g)).toHaveLength(4);
});

it('holds scores that project onto the run’s mask, and onto any other budget', async () => {
  const { record, units } = madeUpRun();
  const { mask, units: read } = embedded(await runReport({ record, units }));
  expect(maskAt(read, 0.5)).toEqual(mask);
  expect(maskAt(read, 0.3)).toEqual(
    projectExact(units.scores, units.layout, budgetFromKeepRatio(units.layout, 0.3)),
  );
});

it('keeps to the run’s constraints', async () => {
  const settings = parseSettings({
    budget: { keep: 0.5 },
    projection: { align: 32, layout: 'uniform', protect: ['layers.3.kv', 'layers.3.ffn.1*'] },
  });
  const { units } = embedded(await runReport(madeUpRun({ settings })));
  const kept = keptPerBlock(units.layout, maskAt(units, 0.99));
  expect(units.constraints.protect!.reduce((sum, bit) => sum + bit, 0)).toBe(4 + 1 + 10 + 100);
  expect(new Set(kept)).toEqual(new Set([288, 4])); // 9 · 32 of 300
});

it.each([{ only: 'layers' }, { only: 'sublayers' }, { dropLayers: 3 }] as const)(
  'keeps and removes as the run did: $only $dropLayers',
  async (projection) => {
    const settings = parseSettings({ budget: { keep: 0.6 }, projection });
    const given = madeUpRun({ settings });
    const page = await runReport(given);
    const { units } = embedded(page);
    const { layout } = units;
    for (const keep of [0.3, 0.6, 0.7]) {
      const mask = maskAt(units, keep);
      expect(maskCost(layout, mask)).toBeLessThanOrEqual(keep * layout.totalCost);
      const kept = keptPerBlock(layout, mask);
      const empty = layout.blocks.filter((_, block) => kept[block] === 0);
      if ('dropLayers' in projection) expect(new Set(empty.map(({ layer }) => layer)).size).toBe(3);
      else
        expect(kept.every((count, block) => count === 0 || count === layout.blocks[block]!.count)).toBe(true);
      if ('only' in projection && projection.only === 'layers') expect(kept[0] === 0).toBe(kept[1] === 0);
    }
    // The slider ends where something, and where all that can be, is kept.
    const [, least, most] = /<input type="range" id="keep" min="([\d.]+)" max="([\d.]+)"/
      .exec(page)!
      .map(Number);
    expect(maskAt(units, least! / 100)).toContain(1);
    expect(most).toBe('dropLayers' in projection ? 75 : 100);
    expect(page).toMatch('dropLayers' in projection ? 'The 3 layers' : 'Whole ');
  },
);

it('does without what a run did not do', async () => {
  const page = await runReport(madeUpRun({ perplexity: {}, losses: { gates: [3, 2], scales: [] } }));
  expect(page).not.toContain('What it costs');
  expect(page.match(/<figure><svg/g)).toHaveLength(3);
});
