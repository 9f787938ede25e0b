import { usedHealSettings, withoutFolders } from '@grasp/export';
import type { HealRecord } from '@grasp/prune';
import { lineChart } from '../charts/line-chart.js';
import { lossChart } from '../charts/loss-chart.js';
import { escapeMarkup } from '../page/escape-markup.js';
import { htmlPage } from '../page/html-page.js';
import { type HtmlTable, htmlTable } from '../page/html-table.js';

/** Name of the report of a healing, in the output folder. */
export const HEAL_REPORT = 'heal.html';

/** Draws a healing as one HTML file: perplexity before and after, the held-out curve, and the losses of each step. */
export function healReport(record: HealRecord): string {
  const { settings, steps, curve, bestStep, teacher, pruned, data } = record;
  const perStep = settings.batch * settings.length;
  const held = curve.map(({ step, perplexity }) => ({ x: step * perStep, y: perplexity }));
  const axes = { x: 'tokens', y: 'perplexity on held-out text' };
  const heldOut = held.length < 2 ? '' : `<figure>${lineChart([{ name: '', points: held }], axes)}</figure>`;
  const nll = lossChart(
    'loss of the next token',
    steps.map((step) => step.nll),
  );
  const kl = lossChart(
    'divergence from the teacher',
    steps.map((step) => step.kl ?? Number.NaN),
  );
  const tokens = (count: number) => (count * perStep).toLocaleString('en-US');
  const kept =
    bestStep === undefined
      ? ''
      : ` The weights after ${tokens(bestStep)} tokens are kept, which have the lowest perplexity on held-out text.`;
  const body = `<p>${escapeMarkup(baseName(pruned))}, trained on ${tokens(steps.length)} tokens with ${escapeMarkup(baseName(teacher))} as its teacher.${kept}</p>
<p class="soft">Text: ${escapeMarkup(withoutFolders(data.training.description))}</p>
${perplexities(record)}
<h2>How it learned</h2>
<div class="charts">${heldOut}${nll}${kl}</div>
<h2>Settings</h2>
<p>${usedHealSettings(settings)
    .map(([name, value]) => `${escapeMarkup(name)} <b>${escapeMarkup(String(value))}</b>`)
    .join(', ')}</p>`;
  return htmlPage({ title: `${baseName(pruned)}, healed`, body });
}

function perplexities({ perplexity: { pruned, healed } }: HealRecord): string {
  const texts = Object.keys(healed);
  if (texts.length === 0) return '';
  const table: HtmlTable = {
    caption: 'perplexity',
    columns: ['pruned', 'healed'],
    rows: texts.map((text) => [text, pruned[text]?.toFixed(2) ?? '', healed[text]!.toFixed(2)]),
  };
  return htmlTable(table);
}

const baseName = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
