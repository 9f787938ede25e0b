import { describe, expect, it } from 'vitest';
import { paperModelOf, paperRow, readPaper } from './paper.js';
import { reportRow, tableOf } from './report.js';

const models = await readPaper();
const llama7b = models.find(({ name }) => name === 'LLaMA-2-7B')!;

describe('the numbers of the paper', () => {
  it('has means that follow from their parts, to the last digit', () => {
    for (const { name, rows } of models) {
      for (const row of rows) {
        const parts = ['arc_challenge', 'arc_easy', 'hellaswag', 'piqa', 'winogrande'].map((key) => row[key]);
        if (!parts.every((value) => value !== undefined)) continue;
        const mean = parts.reduce((sum, value) => sum + value, 0) / parts.length;
        expect(Math.abs(mean - row.mean!), `${name} ${row.method} ${row.keep}`).toBeLessThan(1e-4);
      }
    }
  });

  it('finds a model by its shape, and by its name if shapes are equal', () => {
    const find = (name: string) => paperModelOf(models, llama7b.shape, [name])?.name;
    expect(['Llama-2-7b-hf', 'vicuna-7b-v1.5', 'llama-7b', 'my-own'].map(find)).toEqual([
      'LLaMA-2-7B',
      'Vicuna-7B',
      'LLaMA-7B',
      undefined,
    ]);
    expect(paperModelOf(models, llama7b.shape, ['my-own', 'lmsys/vicuna-7b'])?.name).toBe('Vicuna-7B');
    const qwen = models.find(({ name }) => name === 'Qwen3-8B')!;
    expect(paperModelOf(models, qwen.shape, ['renamed'])).toBe(qwen);
    expect(paperModelOf(models, { ...qwen.shape, hidden_size: 64 }, ['qwen3-8b'])).toBeUndefined();
  });

  it('finds the row of a method at exactly one keep ratio', () => {
    const rows = [0.8, 0.6, 0.5, 0.4].map((keep) => paperRow(llama7b, 'GRASPrune', keep));
    expect(rows.map((row) => row?.keep)).toEqual([0.8, 0.6, 0.5, 0.4]);
    expect(rows.every((row) => row?.method === 'GRASPrune')).toBe(true);
    expect([0.45, 0.55, 0.1, 1].map((keep) => paperRow(llama7b, 'GRASPrune', keep))).toEqual(
      Array(4).fill(undefined),
    );
    expect(paperRow(llama7b, 'GRASPrune', 0.1 + 0.3)?.keep).toBe(0.4);
    expect(paperRow(undefined, 'GRASPrune', 0.5)).toBeUndefined();
  });

  it('compares the rounded perplexity with the paper, and accuracies as they are', () => {
    expect(paperRow(llama7b, 'GRASPrune', 0.5)?.wikitext2).toBe(12.1824);
    const subject = { name: 'keep-0.5', title: 'keep 0.5', keep: 0.5, paper: 'GRASPrune' };
    const measured = { wikitext2: { value: 12.1, rounded: 12.3725 }, piqa: { value: 0.63 } };
    expect(tableOf(reportRow(subject, measured, llama7b), true)).toMatchObject({
      head: ['keep 0.5', 'measured', 'rounded', 'paper', 'difference'],
      rows: expect.arrayContaining([
        ['WikiText-2', '12.1000', '12.3725', '12.1824', '+0.1901'],
        ['PTB', '', '', '123.0390', ''],
        ['PIQA', '0.6300', '', '0.6279', '+0.0021'],
      ]),
    });
  });
});
