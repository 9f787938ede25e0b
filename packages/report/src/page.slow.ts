import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { budgetFromKeepRatio, keptPerBlock, projectExact } from '@grasp/budget';
import { hasChromium, LOOKS, openInChromium } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeUpRun } from '../test/made-up-run.js';
import { runReport } from './run/run-report.js';

describe.skipIf(!hasChromium)('the page of a run, in a browser', () => {
  const run = madeUpRun();
  const { layout, scores } = run.units;
  let folder: string;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-report-'));
    await writeFile(join(folder, 'report.html'), await runReport(run));
    url = pathToFileURL(join(folder, 'report.html')).href;
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(LOOKS)('fits a $name screen, asks for nothing and has no fault', async (look) => {
    const { page, problems, requests, close } = await openInChromium(url, look);
    try {
      expect(await page.getByRole('slider', { name: 'Prunable parameters to keep' }).count()).toBe(1);
      const widest = await page.evaluate('document.documentElement.scrollWidth');
      expect(widest).toBeLessThanOrEqual(look.width);
      expect({ problems, requests }).toEqual({ problems: [], requests: [] });
    } finally {
      await close();
    }
  });

  it('keeps under a moved budget what projectExact keeps, layer by layer, and goes back', async () => {
    const { page, problems, close } = await openInChromium(url, LOOKS[0]!);
    try {
      const shown = async (): Promise<number[]> => {
        const cells = await page.locator('#layers tbody td').allTextContents();
        return cells.filter((_, cell) => cell % 2 === 0).map((text) => Number.parseInt(text, 10));
      };
      const before = await shown();
      expect(before).toEqual([...keptPerBlock(layout, run.units.mask)]);
      for (const keep of [20.3, 49.9, 71, 100]) {
        await page.locator('#keep').fill(String(keep));
        await page.locator('#share', { hasText: `${keep.toFixed(1)}%` }).waitFor();
        const mask = projectExact(scores, layout, budgetFromKeepRatio(layout, keep / 100));
        expect(await shown()).toEqual([...keptPerBlock(layout, mask)]);
      }
      expect(await page.locator('#kept').textContent()).toBe(
        '3,600 of 3,600 FFN channels and 48 of 48 KV groups are kept.',
      );
      await page.getByRole('button', { name: 'Back to the run' }).click();
      expect(await shown()).toEqual(before);
      await page.locator('#keep').press('ArrowRight');
      expect(await page.locator('#keep').inputValue()).not.toBe('50');
      expect(problems).toEqual([]);
    } finally {
      await close();
    }
  });
});
