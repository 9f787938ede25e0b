import type { RunRecord } from '@grasp/prune';
import Table from 'cli-table3';
import { formatBytes, formatParameters, formatShare } from '../../format.js';

/** The table at the end of a run: what was kept of the model, and what that costs in perplexity. */
export function summaryTable({ before, after, budget, perplexity }: RunRecord): string {
  const table = new Table({ head: ['', 'dense', 'masked', 'calibrated'], style: { head: [], border: [] } });
  const pruned = (text: string) => [{ content: text, colSpan: 2 }];
  const share = (part: number, whole: number) => formatShare(part / whole);
  table.push(
    [
      'parameters, whole model',
      formatParameters(before.parameters),
      ...pruned(`${formatParameters(after.parameters)} (${share(after.parameters, before.parameters)})`),
    ],
    [
      'prunable parameters',
      formatParameters(before.prunableParameters),
      ...pruned(
        `${formatParameters(after.prunableParameters)} (${share(budget.kept, budget.total)} of ` +
          `${share(budget.limit, budget.total)} allowed)`,
      ),
    ],
    [
      'KV cache, a token',
      formatBytes(before.kvCacheBytesPerToken),
      ...pruned(
        `${formatBytes(after.kvCacheBytesPerToken)} (${share(after.kvCacheBytesPerToken, before.kvCacheBytesPerToken)})`,
      ),
    ],
  );
  const { dense = {}, masked = {}, calibrated = {} } = perplexity;
  for (const text of Object.keys(dense)) {
    const values = [dense, masked, calibrated].map((of) => of[text]?.toFixed(2) ?? '');
    table.push([`perplexity, ${text}`, ...values]);
  }
  return table.toString();
}
