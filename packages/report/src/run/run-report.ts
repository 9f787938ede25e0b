import type { Layout } from '@grasp/budget';
import { constraintsOf, type RunRecord, usesPaperRule, wholeOf } from '@grasp/prune';
import { HEAT_MAP_STYLE } from '../charts/heat-map.js';
import { lossChart } from '../charts/loss-chart.js';
import { budgetSlider } from '../live/budget-slider.js';
import { encodeLiveRun, type LiveRun } from '../live/live-run.js';
import { liveViews } from '../live/live-views.js';
import type { ScoredUnits } from '../live/scored-units.js';
import { escapeMarkup } from '../page/escape-markup.js';
import { formatBytes, formatParameters, formatShare } from '../page/format.js';
import { htmlPage } from '../page/html-page.js';
import { pageScript } from '../page/page-script.js';
import type { FinishedRun } from './read-run.js';
import {
  type Accuracy,
  accuracyTable,
  budgetTable,
  formatPerplexity,
  meanAccuracy,
  perplexityTable,
  runInputs,
} from './run-tables.js';

const STYLE = `:root{--cold:#e3e9f0;--hot:#0b4f9e;--removed:#c3ccd6}
@media(prefers-color-scheme:dark){:root{--cold:#232b34;--hot:#7db9ff;--removed:#46515d}}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,10rem),1fr));gap:.75rem;margin:1.5rem 0;padding:0;list-style:none}
.tiles li{background:var(--panel);border-radius:8px;padding:.8rem 1rem}.tiles b{display:block;font-size:1.5rem;line-height:1.3}.tiles span{color:var(--soft);font-size:.9rem}
#budget{background:var(--panel);border-radius:8px;padding:1rem;margin:1rem 0}#budget[hidden]{display:none}
#budget label,#budget output{font-weight:600;font-variant-numeric:tabular-nums}#budget input{width:100%;height:2rem;accent-color:var(--series-0)}
#budget p{margin:.25rem 0 .75rem}button{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--soft);border-radius:6px;padding:.3rem .8rem;cursor:pointer}
:focus-visible{outline:3px solid var(--series-0);outline-offset:2px}details{margin:1rem 0}summary{cursor:pointer}code{font-size:.9em;overflow-wrap:anywhere}
${HEAT_MAP_STYLE}`;

/**
 * Draws a run as one HTML file without other files: sizes, perplexity, the kept units of each layer, the distribution of
 * scores, and the loss. A slider projects the scores onto another budget in the page, with `@grasp/budget`.
 *
 * @param accuracy zero-shot accuracy, one column per model. Default none.
 */
export async function runReport(
  { record, units }: FinishedRun,
  accuracy: readonly Accuracy[] = [],
): Promise<string> {
  const { settings, losses } = record;
  const { layout, mask, scores } = units;
  const run: LiveRun = {
    mask,
    units: { layout, scores, ...ruleOf(layout, record) },
    choose: chooseOf(record),
    dense: record.before,
    pruned: record.after,
  };
  const views = liveViews(run, mask);
  const learning = settings.choice === 'gates' ? 'loss, gates' : 'loss, units removed';
  const measured = perplexityTable(record) + accuracyTable(accuracy);
  const body = `${introduction(record)}
${tiles(record, accuracy)}
${measured === '' ? '' : `<h2>What it costs</h2>\n${measured}`}
<h2>What is kept</h2>
${budgetSlider(run)}
<p id="kept" role="status">${views.kept}</p>
<div id="heat">${views.heat}</div>
<details><summary>Numbers by layer</summary><div id="layers">${views.layers}</div></details>
<div id="figures">${views.figures}</div>
<div id="scores" class="charts">${views.scores}</div>
<p class="soft">Scores of kept units in colour, of removed ones pale on top of them${settings.choice === 'importance' ? '; not drawn are units that left before the last round' : ''}.</p>
<h2>How it learned</h2>
<div class="charts">${lossChart(learning, losses.gates)}${lossChart('loss, scales', losses.scales)}</div>
<h2>What was asked</h2>
${budgetTable(record)}
${runInputs(record)}
<script type="application/json" id="run">${encodeLiveRun(run)}</script>`;
  return htmlPage({ title: titleOf(record), style: STYLE, body, script: await pageScript() });
}

/** The projection of the run and its constraints. */
function ruleOf(layout: Layout, { settings }: RunRecord): Omit<ScoredUnits, 'layout' | 'scores'> {
  return {
    projection: usesPaperRule(settings) ? 'paper' : 'exact',
    constraints: constraintsOf(layout, settings),
    whole: wholeOf(settings),
    dropLayers: settings.projection.dropLayers,
  };
}

function titleOf({ model, before, after }: RunRecord): string {
  const name = model.split(/[\\/]/).filter(Boolean).at(-1) ?? model;
  const left = formatShare(after.prunableParameters / before.prunableParameters);
  return `${name.replace(/\.gguf$/i, '')}, pruned to ${left}`;
}

/** How importance led to a mask. */
function importanceOf({ settings: { importance } }: RunRecord): string {
  if (importance?.within !== 'obs') return 'in rounds by their squared gate gradients';
  return 'by optimal brain surgeon, as many in each layer as their squared gate gradients say';
}

/** The meaning of the scores. */
function chooseOf({ settings: { choice } }: RunRecord): LiveRun['choose'] {
  return choice === 'gates' || choice === 'importance' ? choice : 'method';
}

function introduction(record: RunRecord): string {
  const { settings, budgets, versions, chosenBy } = record;
  const how = {
    gates: 'Gates were learned under one global budget while the weights stayed as they are',
    importance: `Units were removed ${importanceOf(record)}, under one global budget`,
    method: `Units were chosen once by ${escapeMarkup(chosenBy ?? settings.choice)}, under one global budget`,
  }[chooseOf(record)];
  const asked = budgets.map(({ name, limit, total }) => `${formatShare(limit / total)} of the ${name}`);
  return `<p>${how}: at most ${escapeMarkup(asked.join(', '))}. GRASP ${escapeMarkup(versions.grasp ?? '')}.</p>`;
}

/** The main numbers of the run. */
function tiles({ before, after, perplexity }: RunRecord, accuracy: readonly Accuracy[]): string {
  const { dense = {}, calibrated = {} } = perplexity;
  const [text] = Object.keys(dense);
  const less = (of: (sizes: RunRecord['before']) => number) => formatShare(1 - of(after) / of(before));
  const tiles = [
    [
      formatParameters(after.parameters),
      `parameters, ${less((of) => of.parameters)} fewer than ${formatParameters(before.parameters)}`,
    ],
    [
      formatBytes(after.kvCacheBytesPerToken),
      `KV cache a token, ${less((of) => of.kvCacheBytesPerToken)} less than ${formatBytes(before.kvCacheBytesPerToken)}`,
    ],
    ...(text === undefined
      ? []
      : [
          [
            formatPerplexity(calibrated[text]),
            `perplexity, ${text}; ${formatPerplexity(dense[text])} before`,
          ],
        ]),
    ...(accuracy.length === 0
      ? []
      : [
          [
            accuracy.map((each) => formatShare(meanAccuracy(each))).join(' → '),
            `mean accuracy, ${accuracy.map(({ model }) => model).join(' → ')}`,
          ],
        ]),
  ];
  const items = tiles.map(
    ([big = '', small = '']) => `<b>${escapeMarkup(big)}</b><span>${escapeMarkup(small)}</span>`,
  );
  return `<ul class="tiles">${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;
}
