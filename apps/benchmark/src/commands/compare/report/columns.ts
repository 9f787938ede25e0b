import { METRICS } from '../../../shared/cells/metrics.js';
import type { ComparedRun, Comparison } from './comparison.js';

/** What a column reads: a run, or a dense model. */
export type Valued = Pick<ComparedRun, 'measured'> & Partial<ComparedRun>;

/** A column of the tables: one number per run. */
export interface Column {
  readonly title: string;
  /** Which values are marked as best. Absent: none. */
  readonly better?: 'lower' | 'higher';
  /** Quality of the model, not a price. */
  readonly quality: boolean;
  of(run: Valued): number | undefined;
  show(value: number): string;
}

const percent = (value: number) => `${(100 * value).toFixed(1)}%`;

/** 48.08, 124.8, 6480, 1.8e6 */
const perplexity = (value: number): string => {
  if (!Number.isFinite(value)) return '∞';
  if (value >= 1e5) return value.toExponential(1).replace('+', '');
  return value.toFixed(value >= 1000 ? 0 : value >= 100 ? 1 : 2);
};

/** The columns of a comparison: what was kept, quality, price. */
export function columnsOf({ texts, tasks }: Pick<Comparison, 'texts' | 'tasks'>): Column[] {
  const quality = { quality: true };
  const price = { quality: false, better: 'lower' } as const;
  return [
    { title: 'kept', quality: false, of: ({ kept }) => kept, show: percent },
    ...texts.map((text): Column => {
      const { title = text } = METRICS.find(({ key }) => key === text) ?? {};
      return { ...quality, title, better: 'lower', of: (run) => run.measured[text]?.value, show: perplexity };
    }),
    ...(tasks.length === 0
      ? []
      : [
          {
            ...quality,
            title: 'accuracy',
            better: 'higher',
            of: (run: Valued) => run.measured.mean?.value,
            show: percent,
          } as const,
        ]),
    { title: 'KV groups', quality: false, of: ({ kvKept }) => kvKept, show: (value) => value.toFixed(0) },
    { ...price, title: 'forward', of: ({ cost }) => cost?.forward, show: (value) => value.toFixed(0) },
    { ...price, title: 'gradients', of: ({ cost }) => cost?.gradients, show: (value) => value.toFixed(0) },
    {
      ...price,
      title: 'seconds',
      of: ({ cost }) => cost?.seconds,
      show: (value) => value.toFixed(value < 10 ? 1 : 0),
    },
    {
      ...price,
      title: 'GiB',
      of: ({ cost }) => cost && cost.peakBytes / 2 ** 30,
      show: (value) => value.toFixed(2),
    },
  ];
}
