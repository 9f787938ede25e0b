import { median } from '../../../shared/statistics/median.js';
import type { TextTable } from '../../../shared/tables/text-table.js';
import { cachedTokens, type Level, type Load, type Serving } from '../serving.js';
import type { ServedModel, ServedRuntime, ServeReport } from './serve-report.js';

interface Row {
  readonly title: string;
  /** Undefined where it was not measured. */
  readonly value: (serving: Serving, model: ServedModel) => number | undefined;
  readonly digits: number;
}

const [KIB, MIB] = [2 ** 10, 2 ** 20];
const ABSENT = '–';

/** The quantities, in the order of the table. */
function rowsOf(load: Load): Row[] {
  const atLevels = (title: string, of: (level: Level) => number, digits: number): Row[] =>
    load.concurrency.map((concurrency) => ({
      title: `${title}, ${concurrency} at a time`,
      value: ({ levels }) => {
        const level = levels.find((each) => each.concurrency === concurrency);
        return level && of(level);
      },
      digits,
    }));
  return [
    { title: 'prefill, tokens/s', value: (s) => s.prefillTokensPerSecond, digits: 1 },
    { title: 'decode, tokens/s', value: (s) => s.decodeTokensPerSecond, digits: 1 },
    ...atLevels('first token, s', (level) => level.timeToFirstToken, 3),
    ...atLevels('requests/s', (level) => level.requestsPerSecond, 3),
    { title: 'memory, MiB', value: (s) => s.residentBytes && s.residentBytes / MIB, digits: 0 },
    { title: 'KV cache a token, KiB', value: (s) => s.kvCacheBytesPerToken / KIB, digits: 2 },
    {
      title: 'KV cache in all, MiB',
      value: (s) => (s.kvCacheBytesPerToken * cachedTokens(load)) / MIB,
      digits: 1,
    },
    { title: 'weights on disk, MiB', value: (_, { bytes }) => bytes / MIB, digits: 1 },
    { title: 'start, s', value: (s) => s.startSeconds, digits: 1 },
  ];
}

/**
 * All models in all runtimes: for each quantity one row per runtime, with the median over the rounds for each model. Every
 * model but the first also has its ratio to the first, which is the median of the ratios within rounds.
 */
export function serveTable({ load, models, runtimes }: ServeReport): TextTable {
  const rows = rowsOf(load).flatMap((row) =>
    runtimes.map((runtime) => [
      row.title,
      runtime.name,
      ...models.map((name) => cellOf(row, name, models[0]!, runtime)),
    ]),
  );
  return { head: ['', 'runtime', ...models], rows };
}

function cellOf(row: Row, name: string, first: string, { models }: ServedRuntime): string {
  const valuesOf = (wanted: string) => {
    const model = models.find((each) => each.name === wanted);
    return model?.servings.map((serving) => row.value(serving, model)) ?? [];
  };
  const values = valuesOf(name);
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return ABSENT;
  const shown = median(known).toFixed(row.digits);
  if (name === first) return shown;
  const others = valuesOf(first);
  const ratios = values.flatMap((value, round) => {
    const other = others[round];
    return value === undefined || other === undefined ? [] : [value / other];
  });
  return ratios.length === 0 ? shown : `${shown} (× ${median(ratios).toFixed(2)})`;
}
