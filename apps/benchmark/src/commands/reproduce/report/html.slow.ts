import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSettings } from '@grasp/prune';
import { hasChromium, LOOKS, type Look, type OpenedPage, openInChromium } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Measured } from '../../../shared/cells/cells.js';
import { METRICS } from '../../../shared/cells/metrics.js';
import { ablationsOf, subjectsOf } from '../suites/suites.js';
import { htmlReport } from './html.js';
import { paperRow, readPaper } from './paper.js';
import { type Report, reportRow } from './report.js';

/** A report on a model of the paper, with numbers 1.1 × the paper's, and 1.2 × without scales. */
async function reportOf(name: string | undefined): Promise<Report> {
  const models = await readPaper();
  const numbers = models.find((model) => model.name === 'LLaMA-2-7B')!;
  const paper = name === undefined ? undefined : numbers;
  const options = {
    suites: ['table', 'scales'] as const,
    keep: [0.8, 0.6, 0.5, 0.4],
    settings: parseSettings(),
    corpora: ['wikitext2'],
  };
  const rows = subjectsOf(options).map((subject) => {
    const row = paperRow(numbers, subject.name === 'dense' ? 'dense' : 'GRASPrune', subject.keep)!;
    const measured = METRICS.map(({ key, kind }): [string, Measured] => {
      const value = (subject.unscaled ? 1.2 : 1.1) * row[key]!;
      return [key, kind === 'perplexity' ? { value, rounded: value } : { value, standardError: 0.01 }];
    });
    return reportRow(subject, Object.fromEntries(measured), paper, subject.keep);
  });
  const missing = ['c4: the hub cannot be reached'];
  return {
    model: 'Llama-2-7b-hf',
    ...(name ? { paper: name } : {}),
    engine: 'a test',
    rows,
    ablations: ablationsOf(options),
    missing,
  };
}

describe.skipIf(!hasChromium)('the report in Chromium', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-html-'));
    await writeFile(join(folder, 'paper.html'), htmlReport(await reportOf('LLaMA-2-7B')));
    await writeFile(join(folder, 'own.html'), htmlReport(await reportOf(undefined)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function look(file: string, at: Look, work: (opened: OpenedPage) => Promise<void>): Promise<void> {
    const opened = await openInChromium(pathToFileURL(join(folder, file)).href, at);
    try {
      await work(opened);
      expect(opened.problems).toEqual([]);
      expect(opened.requests).toEqual([]);
    } finally {
      await opened.close();
    }
  }

  it.each(LOOKS)('has a plot of every metric, within the screen ($name)', (at) =>
    look('paper.html', at, async ({ page }) => {
      const charts = await page.locator('svg').all();
      expect(charts.length, 'of the table, and of the suite').toBe(METRICS.length + 1 + 4);
      for (const chart of charts) {
        const box = (await chart.boundingBox())!;
        expect(box.width).toBeGreaterThan(300);
        expect(box.x + box.width).toBeLessThanOrEqual(at.width);
        const lines = await chart.locator('polyline').all();
        expect(lines.length, 'measured and paper, without and with scales').toBe(2);
        for (const line of lines) {
          const points = (await line.getAttribute('points'))!.split(' ').map((p) => p.split(',').map(Number));
          expect(points.length, 'dense and four ratios').toBe(5);
          expect(points.flat().every(Number.isFinite)).toBe(true);
          expect(new Set(points.map(([x]) => x)).size).toBe(5);
          expect((await line.boundingBox())!.height, 'the line is drawn').toBeGreaterThan(50);
        }
      }
      expect(await page.evaluate('document.documentElement.scrollWidth'), 'no sideways scroll').toBe(
        at.width,
      );
    }),
  );

  it('is light or dark as the reader prefers', async () => {
    const grounds: string[] = [];
    for (const at of LOOKS.filter(({ name }) => name.startsWith('phone'))) {
      await look('paper.html', at, async ({ page }) => {
        grounds.push(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
      });
    }
    expect(grounds).toEqual(['rgb(255, 255, 255)', 'rgb(20, 24, 29)']);
  });

  it('has no columns and no lines of the paper for other models', () =>
    look('own.html', LOOKS[0]!, async ({ page }) => {
      expect(await page.locator('th[scope=col]').allTextContents()).not.toContain('paper');
      expect(await page.locator('svg').first().locator('polyline').count()).toBe(1);
    }));
});
