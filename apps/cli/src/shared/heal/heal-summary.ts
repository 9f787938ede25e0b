import type { HealRecord } from '@grasp/prune';
import Table from 'cli-table3';
import { formatCount, formatItems } from '../format.js';

/** Perplexity on the held-out blocks before healing, and with the weights that are kept. Undefined without such blocks. */
function heldOutEnds({
  curve,
  bestStep,
}: Pick<HealRecord, 'curve' | 'bestStep'>): [number, number] | undefined {
  const first = curve[0];
  const last = curve.find(({ step }) => step === bestStep) ?? curve.at(-1);
  return first && last && [first.perplexity, last.perplexity];
}

/** A warning if a healing made the model worse. */
export function harmWarning(record: HealRecord, prefix = ''): string | undefined {
  const [before, after] = heldOutEnds(record) ?? [0, 0];
  if (after <= before) return undefined;
  const rate = record.settings.train === 'lora' ? 'lora-learning-rate' : 'learning-rate';
  return `warning: healing made the model worse on the held-out blocks (perplexity ${before.toFixed(2)}, then ${after.toFixed(2)}). Lower --${prefix}${rate}, or give other text.`;
}

/** The table at the end of a healing: perplexities before and after. */
export function healSummary(record: HealRecord): string {
  const { settings, steps, bestStep, perplexity } = record;
  const table = new Table({ head: ['perplexity', 'pruned', 'healed'], style: { head: [], border: [] } });
  const heldOut = heldOutEnds(record);
  if (heldOut) table.push(['held-out blocks', ...heldOut.map((perplexity) => perplexity.toFixed(2))]);
  for (const [text, value] of Object.entries(perplexity.healed)) {
    table.push([text, perplexity.pruned[text]?.toFixed(2) ?? '', value.toFixed(2)]);
  }
  const tokens = steps.length * settings.batch * settings.length;
  const kept = bestStep === undefined ? '' : `; the weights after step ${formatCount(bestStep)} are kept`;
  const trained = `${formatItems(steps.length, 'step')}, ${formatCount(tokens)} tokens${kept}`;
  return table.length === 0 ? trained : `${table.toString()}\n${trained}`;
}
