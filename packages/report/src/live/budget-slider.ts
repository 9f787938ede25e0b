import { maskCost } from '@grasp/budget';
import type { LiveRun } from './live-run.js';
import { leastKeep } from './scored-units.js';

/** The control that moves the budget. Hidden until the page's script runs: without it, moving it would do nothing. */
export function budgetSlider({ units, mask }: LiveRun): string {
  const { layout } = units;
  const percent = (share: number, round: (value: number) => number) => (round(1000 * share) / 10).toFixed(1);
  const least = percent(Math.max(leastKeep(units), 0.01), Math.ceil);
  const now = percent(maskCost(layout, mask) / layout.totalCost, Math.round);
  return `<div id="budget" hidden><label for="keep">Prunable parameters to keep:</label> <output id="share" for="keep">${now}%</output>
<input type="range" id="keep" min="${least}" max="100" step="0.1" value="${now}" aria-describedby="trial">
<p class="soft" id="trial">Move it to see the units that the scores of this run keep under another budget. The page projects them again. Perplexity was measured at the run’s own budget only.</p>
<button type="button" id="back">Back to the run</button></div>`;
}
