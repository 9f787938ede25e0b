import { maskCost } from '@grasp/budget';
import type { LiveRun } from './live-run.js';
import { leastKeep, mostKeep, type ScoredUnits } from './scored-units.js';

/** The control that moves the budget. Hidden until the page's script runs: without it, moving it would do nothing. */
export function budgetSlider({ units, mask }: LiveRun): string {
  const { layout } = units;
  const percent = (share: number, round: (value: number) => number) => (round(1000 * share) / 10).toFixed(1);
  const least = percent(Math.max(leastKeep(units), 0.01), Math.ceil);
  const most = percent(mostKeep(units), Math.ceil);
  const now = percent(maskCost(layout, mask) / layout.totalCost, Math.round);
  return `<div id="budget" hidden><label for="keep">Prunable parameters to keep:</label> <output id="share" for="keep">${now}%</output>
<input type="range" id="keep" min="${least}" max="${most}" step="0.1" value="${now}" aria-describedby="trial">
<p class="soft" id="trial">Move it to see the units that the scores of this run keep under another budget. ${ruleSentence(units)}The page projects them again. Perplexity was measured at the run’s own budget only.</p>
<button type="button" id="back">Back to the run</button></div>`;
}

/** How units are kept, where it is not one by one. */
function ruleSentence({ whole, dropLayers = 0 }: ScoredUnits): string {
  if (whole === 'layers') return 'Whole layers are kept or removed, by the sum of their scores. ';
  if (whole === 'sublayers')
    return 'Whole attentions and FFNs are kept or removed, by the sum of their scores. ';
  if (dropLayers === 0) return '';
  return dropLayers === 1
    ? 'The layer with the lowest sum of scores is removed first. '
    : `The ${dropLayers} layers with the lowest sums of scores are removed first. `;
}
