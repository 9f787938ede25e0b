import { describe, expect, it } from 'vitest';
import type { Measured } from '../../../shared/cells/cells.js';
import type { PaperModel } from './paper.js';
import { reportRow, tableOf } from './report.js';

const accuracies = ['arc_challenge', 'arc_easy', 'hellaswag', 'piqa', 'winogrande'];
const subject = { name: 'keep-0.4', title: 'keep 0.4', keep: 0.4, paper: 'GRASPrune' };
const paper = {
  name: 'a model',
  names: 'model',
  shape: {},
  rows: [
    { method: 'GRASPrune', keep: 0.6, wikitext2: 1 },
    { method: 'no-scales', keep: 0.4, wikitext2: 2 },
    { method: 'GRASPrune', keep: 0.4, wikitext2: 12.5, ptb: 1200, piqa: 0.25, c4: 9 },
  ],
} as unknown as PaperModel;
const measured: Record<string, Measured> = {
  wikitext2: { value: 11, rounded: 11.5 },
  ptb: { value: 1000, rounded: 1000.25 },
  ...Object.fromEntries(accuracies.map((name, i) => [name, { value: 0.1 * (i + 1) }])),
  piqa: { value: 0.25, standardError: 0.01 },
};
const cell = (key: string, row = reportRow(subject, measured, paper)) =>
  row.cells.find(({ metric }) => metric.key === key);

describe('reportRow', () => {
  it('takes the row of the paper with the same method and keep ratio', () => {
    expect(cell('wikitext2')).toMatchObject({ measured: measured.wikitext2, paper: 12.5, difference: -1 });
    expect(cell('ptb')).toMatchObject({ paper: 1200, difference: -199.75 });
    expect(cell('piqa')).toMatchObject({ paper: 0.25, difference: 0 });
    const { paper: _, ...own } = subject;
    expect(cell('wikitext2', reportRow(own, measured, paper))).not.toHaveProperty('paper');
    expect(cell('wikitext2', reportRow(subject, measured, undefined))).not.toHaveProperty('difference');
  });

  it('has both values only if both are known', () => {
    expect(cell('c4')).toEqual({ metric: expect.anything(), paper: 9 });
    expect(cell('hellaswag')).toEqual({ metric: expect.anything(), measured: measured.hellaswag });
  });

  it('has the mean of the five accuracies if all are measured', () => {
    expect(cell('mean')?.measured?.value).toBeCloseTo((0.1 + 0.2 + 0.3 + 0.25 + 0.5) / 5, 12);
    const { winogrande: _, ...four } = measured;
    expect(cell('mean', reportRow(subject, four, paper))).not.toHaveProperty('measured');
  });

  it('has the share kept if it is known', () => {
    expect(reportRow(subject, measured, paper, 0.41).kept).toBe(0.41);
    expect(reportRow(subject, measured, paper)).not.toHaveProperty('kept');
  });
});

describe('tableOf', () => {
  it('has the rows with a value, and columns of measured, rounded, paper and difference', () => {
    const row = reportRow(subject, { ...measured, ptb: { value: 999.99996, rounded: 1000 } }, paper, 0.4123);
    expect(tableOf(row, true)).toEqual({
      head: ['keep 0.4 (41.2% kept)', 'measured', 'rounded', 'paper', 'difference'],
      rows: [
        ['WikiText-2', '11.0000', '11.5000', '12.5000', '−1.0000'],
        ['PTB', '1000.0000', '1000.0', '1200.0', '−200.0000'],
        ['C4', '', '', '9.0000', ''],
        ['ARC-C', '0.1000', '', '', ''],
        ['ARC-E', '0.2000', '', '', ''],
        ['HellaSwag', '0.3000', '', '', ''],
        ['PIQA', '0.2500', '', '0.2500', '+0.0000'],
        ['WinoGrande', '0.5000', '', '', ''],
        ['mean', '0.2700', '', '', ''],
      ],
    });
  });

  it('has no columns of the paper for a model without them', () => {
    const row = reportRow({ name: 'dense', title: 'dense', keep: 1 }, { piqa: { value: 0.5 } }, undefined);
    expect(tableOf(row, false)).toEqual({
      head: ['dense', 'measured', 'rounded'],
      rows: [['PIQA', '0.5000', '']],
    });
  });

  it('shortens perplexities of 1000 and more, not other values', () => {
    const row = reportRow(subject, { ptb: { value: 1000 }, piqa: { value: 1000 } }, undefined);
    expect(tableOf(row, false).rows.map(([, value]) => value)).toEqual(['1000.0', '1000.0000']);
  });
});
