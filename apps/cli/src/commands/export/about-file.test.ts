import { expect, it } from 'vitest';
import { aboutFile } from './about-file.js';

const whole = { contextLength: 64 };

it('says why matrices of a K-quant file have other types', () => {
  const summary = { paddedShare: 0, paddedWidths: [], widthMultiple: 32, levelled: false, contextLength: 64 };
  expect(aboutFile({ ...summary, matrices: { Q4_K: 20, Q6_K: 7, Q5_0: 3 } }, 'q4_k_m', whole)).toEqual([
    'Types: 20 of 30 matrices are Q4_K; 7 as Q6_K (the head, and the value and down projections of some layers), ' +
      '3 as Q5_0 (rows that are no whole blocks of 256).',
  ]);
  expect(aboutFile({ ...summary, matrices: { Q6_K: 30 } }, 'q6_k', whole)).toEqual([]);
});

it('says how to avoid padding', () => {
  const summary = { paddedShare: 0.25, widthMultiple: 32, matrices: { F16: 1 }, contextLength: 64 };
  expect(aboutFile({ ...summary, paddedWidths: [30, 50], levelled: false }, 'f16', whole)).toEqual([
    'Padding: 25.0% of the elements are zeros. FFN widths are rounded up to multiples of 32: 30, 50. Prune with --align 32 to avoid it.',
  ]);
  expect(aboutFile({ ...summary, paddedWidths: [30, 50], levelled: true }, 'f16', whole)).toEqual([
    'Padding: 25.0% of the elements are zeros. llama.cpp has one width for all layers of this model, so all are padded to the widest. Prune with --layout uniform to avoid it.',
  ]);
});

it('says that the context ends with the window', () => {
  const summary = { paddedShare: 0, paddedWidths: [], widthMultiple: 32, levelled: false, matrices: {} };
  expect(aboutFile({ ...summary, contextLength: 16 }, 'f16', whole)).toEqual([
    'Context: 16 of 64 tokens, the window of the model: llama.cpp has no windows for its architecture.',
  ]);
});
