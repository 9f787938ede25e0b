/** A metric of the paper's table. */
export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly kind: 'perplexity' | 'accuracy';
}

/** All metrics, in the paper's order. */
export const METRICS: readonly Metric[] = [
  { key: 'wikitext2', title: 'WikiText-2', kind: 'perplexity' },
  { key: 'ptb', title: 'PTB', kind: 'perplexity' },
  { key: 'c4', title: 'C4', kind: 'perplexity' },
  { key: 'arc_challenge', title: 'ARC-C', kind: 'accuracy' },
  { key: 'arc_easy', title: 'ARC-E', kind: 'accuracy' },
  { key: 'hellaswag', title: 'HellaSwag', kind: 'accuracy' },
  { key: 'piqa', title: 'PIQA', kind: 'accuracy' },
  { key: 'winogrande', title: 'WinoGrande', kind: 'accuracy' },
];

/** Mean of the accuracies. Present only if all of them are. */
export const MEAN: Metric = { key: 'mean', title: 'mean', kind: 'accuracy' };
