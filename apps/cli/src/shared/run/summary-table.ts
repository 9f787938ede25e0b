import type { BudgetOutcome, RunRecord } from '@grasp/prune';
import Table from 'cli-table3';
import { formatAmount, formatBytes, formatParameters, formatShare } from '../format.js';

/** The table at the end of a run: sizes, budgets and perplexities of the dense and the pruned model. */
export function summaryTable({ before, after, budgets, perplexity }: RunRecord): string {
  const table = new Table({ head: ['', 'dense', 'masked', 'calibrated'], style: { head: [], border: [] } });
  const pruned = (text: string) => [{ content: text, colSpan: 2 }];
  const share = (part: number, whole: number) => formatShare(part / whole);
  const row = ({ name, limit, kept, total }: BudgetOutcome) => {
    const allowed = `${formatAmount(limit)} allowed`;
    return [
      `budget, ${name}`,
      formatAmount(total),
      ...pruned(`${formatAmount(kept)} (${share(kept, total)}) of ${allowed}`),
    ];
  };
  const keep = budgets.find(({ setting }) => setting === 'keep');
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
        keep
          ? `${formatParameters(after.prunableParameters)} (${share(keep.kept, keep.total)} of ` +
              `${share(keep.limit, keep.total)} allowed)`
          : `${formatParameters(after.prunableParameters)} (${share(after.prunableParameters, before.prunableParameters)})`,
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
  for (const budget of budgets) if (budget !== keep) table.push(row(budget));
  const { dense = {}, masked = {}, calibrated = {} } = perplexity;
  for (const text of Object.keys(dense)) {
    const values = [dense, masked, calibrated].map((of) => of[text]?.toFixed(2) ?? '');
    table.push([`perplexity, ${text}`, ...values]);
  }
  return table.toString();
}
