import { median } from '../../shared/statistics/median.js';
import type { Serving } from './serve-once.js';

/** A model and its measurements, one per round. */
export interface Served {
  readonly name: string;
  readonly fileBytes: number;
  readonly servings: readonly Serving[];
}

interface Row {
  readonly title: string;
  readonly value: (serving: Serving, model: Served) => number;
  readonly show: (value: number) => string;
}

const MIB = 2 ** 20;
const ROWS: readonly Row[] = [
  { title: 'file, MiB', value: (_, { fileBytes }) => fileBytes / MIB, show: (x) => x.toFixed(1) },
  { title: 'load, s', value: (s) => s.loadSeconds, show: (x) => x.toFixed(2) },
  { title: 'prefill, tokens/s', value: (s) => s.prefillTokensPerSecond, show: (x) => x.toFixed(1) },
  { title: 'decode, tokens/s', value: (s) => s.decodeTokensPerSecond, show: (x) => x.toFixed(1) },
  { title: 'memory, MiB', value: (s) => s.residentBytes / MIB, show: (x) => x.toFixed(0) },
  { title: 'KV cache, B/token', value: (s) => s.kvCacheBytesPerToken, show: (x) => x.toFixed(0) },
];

/**
 * The table of all models: one row per quantity, with the median over the rounds for each model. Every model but the
 * first also has its ratio to the first, which is the median of the ratios within rounds.
 */
export function serveTable(models: readonly Served[]): { head: string[]; rows: string[][] } {
  const [first] = models;
  const rows = ROWS.map(({ title, value, show }) => {
    const cells = models.flatMap((model) => {
      const values = model.servings.map((serving) => value(serving, model));
      const shown = show(median(values));
      if (model === first) return [shown];
      const ratios = values.map((x, round) => x / value(first!.servings[round]!, first!));
      return [shown, `× ${median(ratios).toFixed(2)}`];
    });
    return [title, ...cells];
  });
  return { head: ['', ...models.flatMap(({ name }, i) => (i === 0 ? [name] : [name, '']))], rows };
}
