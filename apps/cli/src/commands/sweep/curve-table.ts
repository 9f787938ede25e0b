import Table from 'cli-table3';
import { formatAmount, formatBytes, formatCount, formatShare } from '../../shared/format.js';
import type { Curve, CurvePoint } from './curve-file.js';

/** A table of perplexity against size: one row for the dense model and one for each point. */
export function curveTable({ budget, points }: Curve): string {
  const [first] = points;
  const texts = Object.keys(first?.perplexity.dense ?? {});
  const table = new Table({
    head: [
      budget,
      'kept',
      'parameters',
      'prunable',
      'KV cache, a token',
      ...texts.map((text) => `perplexity, ${text}`),
    ],
    style: { head: [], border: [], compact: true },
  });
  if (first) {
    const { parameters, kvCacheBytesPerToken } = first.before;
    const dense = texts.map((text) => first.perplexity.dense?.[text]?.toFixed(2) ?? '');
    table.push(['dense', '', formatCount(parameters), '', formatBytes(kvCacheBytesPerToken), ...dense]);
  }
  for (const point of points) table.push(rowOf(budget, point, texts));
  return table.toString();
}

function rowOf(budget: Curve['budget'], point: CurvePoint, texts: readonly string[]): string[] {
  const { before, after, perplexity } = point;
  const { limit, kept, total } = point.budgets.find(({ setting }) => setting === budget)!;
  return [
    `${formatAmount(limit)} (${formatShare(limit / total)})`,
    `${formatAmount(kept)} (${formatShare(kept / total)})`,
    formatCount(after.parameters),
    formatShare(after.prunableParameters / before.prunableParameters),
    formatBytes(after.kvCacheBytesPerToken),
    ...texts.map((text) => perplexity.calibrated?.[text]?.toFixed(2) ?? ''),
  ];
}
