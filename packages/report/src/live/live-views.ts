import { keptPerBlock, type Layout } from '@grasp/budget';
import { heatMap, KINDS } from '../charts/heat-map.js';
import { scoreHistogram } from '../charts/score-histogram.js';
import { formatBytes, formatCount, formatParameters, formatShare } from '../page/format.js';
import { htmlTable } from '../page/html-table.js';
import type { LiveRun } from './live-run.js';
import { type Sizes, sizesAt, unitsOf } from './sizes.js';

/** Tokens that the KV cache of a conversation is told for. */
const CONTEXT = 4096;

const SCORES = {
  gates: 'probability of the gate',
  importance: 'importance per cost, logarithmic',
  method: 'score',
} as const;

/** The parts of a report that follow the budget, as HTML by the id of the element that holds them. */
export interface LiveViews {
  readonly kept: string;
  readonly figures: string;
  readonly heat: string;
  readonly scores: string;
  readonly layers: string;
}

/** What a mask keeps of a run's model, seen from all sides. */
export function liveViews(run: LiveRun, mask: Uint8Array): LiveViews {
  const { layout, scores } = run.units;
  const histograms = KINDS.map(({ kind, name }) => {
    const score = SCORES[run.choose];
    return scoreHistogram(layout, scores, mask, {
      kind,
      name,
      score,
      logarithmic: run.choose === 'importance',
    });
  });
  return {
    kept: keptSentence(layout, mask),
    figures: figures(run, mask),
    heat: heatMap(layout, mask),
    scores: histograms.map((svg) => `<figure>${svg}</figure>`).join(''),
    layers: layerTable(layout, mask),
  };
}

function keptSentence(layout: Layout, mask: Uint8Array): string {
  const parts = KINDS.map(({ kind, name }) => {
    const { kept, count } = unitsOf(layout, mask, kind);
    return `${formatCount(kept)} of ${formatCount(count)} ${name}`;
  });
  return `${parts.join(' and ')} are kept.`;
}

function figures({ units: { layout }, dense, pruned, mask: own }: LiveRun, mask: Uint8Array): string {
  const now = mask === own ? pruned : sizesAt(dense, layout, mask);
  const row = (name: string, of: (sizes: Sizes) => number, format: (value: number) => string) => {
    const [whole, kept] = [of(dense), of(now)];
    return [name, format(whole), format(kept), formatShare(kept / whole)];
  };
  return htmlTable({
    caption: 'Sizes at this budget',
    columns: ['dense', 'pruned', 'left'],
    rows: [
      row('prunable parameters', (of) => of.prunableParameters, formatParameters),
      row('parameters, whole model', (of) => of.parameters, formatParameters),
      row('weights, 16 bits', (of) => 2 * of.parameters, formatBytes),
      row('KV cache, a token', (of) => of.kvCacheBytesPerToken, formatBytes),
      row(`KV cache, ${formatCount(CONTEXT)} tokens`, (of) => CONTEXT * of.kvCacheBytesPerToken, formatBytes),
    ],
  });
}

function layerTable(layout: Layout, mask: Uint8Array): string {
  const kept = keptPerBlock(layout, mask);
  const layers = [...new Set(layout.blocks.map(({ layer }) => layer))].sort((a, b) => a - b);
  const rows = layers.map((layer) => [
    `layer ${layer}`,
    ...KINDS.flatMap(({ kind }) => {
      const index = layout.blocks.findIndex((block) => block.layer === layer && block.kind === kind);
      if (index < 0) return ['none', ''];
      const { count } = layout.blocks[index]!;
      return [`${formatCount(kept[index]!)} of ${formatCount(count)}`, formatShare(kept[index]! / count)];
    }),
  ]);
  const columns = KINDS.flatMap(({ name }) => [name, 'kept']);
  return htmlTable({ caption: 'What each layer keeps', columns, rows });
}
