import { parseSettings } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { ablationsOf, type Suite, subjectsOf } from '../suites/suites.js';
import { htmlReport } from './html.js';
import { markdownReport } from './markdown.js';
import type { PaperModel } from './paper.js';
import { type Report, reportRow } from './report.js';

/** A report in which the perplexity is 10 for the dense model and one more for each further subject. */
function reportOf(
  suites: readonly Suite[],
  { hasPaper = false, corpora = ['a'], missing = [] as string[] } = {},
): Report {
  const options = {
    suites,
    keep: [0.8, 0.5],
    settings: parseSettings({ projection: { rule: 'paper' } }),
    corpora,
  };
  const paper = {
    ...{ name: 'Paper-7B', names: 'x', shape: {} },
    rows: [
      { method: 'dense', keep: 1, wikitext2: 9.5 },
      { method: 'GRASPrune', keep: 0.8, wikitext2: 10.5 },
      { method: 'GRASPrune', keep: 0.5, wikitext2: 12.5 },
    ],
  };
  const rows = subjectsOf(options).map((subject, i) =>
    reportRow(
      subject,
      { wikitext2: { value: 10 + i, rounded: 10 + i } },
      hasPaper ? (paper as unknown as PaperModel) : undefined,
    ),
  );
  return {
    ...{ model: 'tiny & small', engine: 'an <engine>', rows, ablations: ablationsOf(options), missing },
    ...(hasPaper ? { paper: 'Paper-7B' } : {}),
  };
}

interface Line {
  readonly name: string;
  readonly points: number;
}

/** The charts of a page by their metric: lines with their names, number of points, and labels of the axes. */
function chartsOf(html: string): { metric: string; lines: Line[]; labels: string[] }[] {
  return [...html.matchAll(/<svg[^>]*aria-label="([^"]*)".*?<\/svg>/gs)].map(([svg, metric]) => {
    const texts = (part: string) => [...part.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);
    const lines = [...svg.matchAll(/<polyline points="([^"]*)".*?<text[^>]*>([^<]*)</gs)].map(
      ([, points, name]) => ({ name: name!, points: points!.split(' ').length }),
    );
    return { metric: metric!, lines, labels: texts(svg) };
  });
}

describe('markdownReport', () => {
  it('has a table per subject, with numbers on the right, and columns of the paper if it has the model', () => {
    const text = markdownReport(reportOf(['table'], { hasPaper: true, missing: ['c4: not available'] }));
    expect(text).toContain(
      '# tiny & small\n\nEngine: an <engine>. Paper: GRASPrune, arXiv 2604.19398, Paper-7B.',
    );
    expect(text).toContain(
      '| keep 0.8 | measured | rounded | paper | difference |\n| --- | --: | --: | --: | --: |\n' +
        '| WikiText-2 | 11.0000 | 11.0000 | 10.5000 | +0.5000 |',
    );
    expect(text.endsWith('\n\nNot measured:\n\n- c4: not available\n')).toBe(true);
  });

  it('leaves out what does not exist', () => {
    const text = markdownReport(reportOf(['table']));
    expect(text).toContain('| dense | measured | rounded |\n');
    expect(text).not.toMatch(/arXiv|Not measured/);
  });
});

describe('htmlReport', () => {
  it('draws measured values and those of the paper over the keep ratio', () => {
    const html = htmlReport(reportOf(['table'], { hasPaper: true }));
    const [chart, ...others] = chartsOf(html);
    expect(others).toEqual([]);
    expect(chart!.metric).toBe('WikiText-2');
    expect(chart!.lines).toEqual([
      { name: 'measured', points: 3 },
      { name: 'paper', points: 3 },
    ]);
    const ticks = ['0.5', '0.8', '1', '9.5', '12.5'];
    expect(chart!.labels).toEqual(expect.arrayContaining(ticks));
    expect(html).toContain('Paper: GRASPrune, arXiv 2604.19398, Paper-7B.');
    expect(html).toMatch(/<th[^>]*>difference</);
  });

  it('draws only measured values for a model that the paper does not have', () => {
    const html = htmlReport(reportOf(['table'], { missing: ['c4 <not> available'] }));
    expect(chartsOf(html).map(({ lines }) => lines)).toEqual([[{ name: 'measured', points: 3 }]]);
    expect(html).not.toMatch(/arXiv|difference</);
    expect(html).toContain('<h2>Not measured</h2><ul><li>c4 &#60;not&#62; available</li></ul>');
    expect(html).toContain('an &#60;engine&#62;');
  });

  it('draws one line per variant of a suite, from the dense model on, with measured values', () => {
    const html = htmlReport(reportOf(['scales', 'methods']));
    expect(html).not.toContain('Not measured');
    const [table, scales, methods] = html.split('<h2>');
    expect(chartsOf(table!)[0]!.lines, 'the table alone').toEqual([{ name: 'measured', points: 3 }]);
    expect(scales).toMatch(/^Calibration of scales</);
    expect(chartsOf(scales!)).toMatchObject([
      {
        metric: 'WikiText-2',
        lines: [
          { name: 'without scales', points: 3 },
          { name: 'with scales', points: 3 },
        ],
      },
    ]);
    expect(chartsOf(methods!)[0]!.lines.map(({ name }) => name)).toEqual(['paper', 'grasp+']);
  });

  it('leaves out a chart of more than four lines, and one with a single point', () => {
    const titles = (suites: Suite[], corpora: string[]) =>
      [...htmlReport(reportOf(suites, { corpora })).matchAll(/<h2>([^<]*)/g)].map(([, title]) => title);
    expect(titles(['corpus'], ['a', 'b', 'c', 'd'])).toEqual(['Calibration corpus of the gates', 'Numbers']);
    expect(titles(['corpus'], ['a', 'b', 'c', 'd', 'e'])).toEqual(['Numbers']);
    const report = reportOf(['table']);
    expect(chartsOf(htmlReport({ ...report, rows: report.rows.slice(0, 1) }))).toEqual([]);
    expect(chartsOf(htmlReport({ ...report, rows: report.rows.slice(0, 2) }))).toHaveLength(1);
  });

  it('has a logarithmic scale for perplexities and a linear one for accuracies', () => {
    const report = reportOf(['table']);
    const values = [1, 10, 100];
    const rows = (key: string) =>
      report.rows.map(({ subject }, i) => reportRow(subject, { [key]: { value: values[i]! } }, undefined));
    const heights = (key: string) => {
      const [points] = /(?<=<polyline points=")[^"]*/.exec(htmlReport({ ...report, rows: rows(key) })) ?? [];
      const [low, middle, high] = points!
        .split(' ')
        .map((point) => Number(point.split(',')[1]))
        .sort((a, b) => b - a);
      return (low! - middle!) / (low! - high!);
    };
    expect(heights('ptb')).toBeCloseTo(0.5, 1);
    expect(heights('piqa')).toBeCloseTo(9 / 99, 1);
  });

  it('compares tasks only by their mean in charts of suites', () => {
    const report = reportOf(['scales']);
    const tasks = ['arc_challenge', 'arc_easy', 'hellaswag', 'piqa', 'winogrande'];
    const values = Object.fromEntries(['ptb', ...tasks].map((key) => [key, { value: 0.5 }]));
    const rows = report.rows.map(({ subject }) => reportRow(subject, values, undefined));
    const [, scales] = htmlReport({ ...report, rows }).split('<h2>');
    expect(chartsOf(scales!).map(({ metric }) => metric)).toEqual(['PTB', 'mean']);
  });
});
