import type { HealRecord } from '@grasp/prune';
import Table from 'cli-table3';
import { formatCount, formatItems } from '../format.js';

/** The table at the end of a healing: perplexities before and after. */
export function healSummary({ settings, steps, curve, bestStep, perplexity }: HealRecord): string {
  const table = new Table({ head: ['perplexity', 'pruned', 'healed'], style: { head: [], border: [] } });
  const first = curve[0];
  const last = curve.find(({ step }) => step === bestStep) ?? curve.at(-1);
  if (first && last) table.push(['held-out blocks', first.perplexity.toFixed(2), last.perplexity.toFixed(2)]);
  for (const [text, value] of Object.entries(perplexity.healed)) {
    table.push([text, perplexity.pruned[text]?.toFixed(2) ?? '', value.toFixed(2)]);
  }
  const tokens = steps.length * settings.batch * settings.length;
  const kept = bestStep === undefined ? '' : `; the weights after step ${formatCount(bestStep)} are kept`;
  const trained = `${formatItems(steps.length, 'step')}, ${formatCount(tokens)} tokens${kept}`;
  return table.length === 0 ? trained : `${table.toString()}\n${trained}`;
}
