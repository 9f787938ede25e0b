import { keptPerBlock, type Layout } from '@grasp/budget';
import { escapeMarkup } from '../page/escape-markup.js';
import { formatShare } from '../page/format.js';

/** Names of the kinds of units on a page. */
export const KINDS = [
  { kind: 'ffn', name: 'FFN channels', short: 'FFN' },
  { kind: 'kv', name: 'KV groups', short: 'KV' },
] as const;

export const HEAT_MAP_STYLE = `.heat{display:grid;gap:2px;align-items:center;font-size:.8rem;color:var(--soft)}
.heat b{font-weight:600;color:var(--text)}.heat i{height:2.4rem;border-radius:2px;background:color-mix(in oklab,var(--hot) calc(var(--kept)*100%),var(--cold))}
.heat i.none{background:none;border:1px dashed var(--line)}.heat span{text-align:center;white-space:nowrap;overflow:visible;width:0;justify-self:center;display:flex;justify-content:center}
.legend{display:flex;gap:.5rem;align-items:center;font-size:.8rem;color:var(--soft);margin-top:.5rem}
.legend i{width:8rem;height:.7rem;border-radius:2px;background:linear-gradient(90deg in oklab,var(--cold),var(--hot))}`;

/** Draws the kept share of each layer's units as HTML: one row per kind, one column per layer. */
export function heatMap(layout: Layout, mask: Uint8Array): string {
  const kept = keptPerBlock(layout, mask);
  const layers = 1 + layout.blocks.reduce((most, { layer }) => Math.max(most, layer), 0);
  const rows = KINDS.map(({ kind, name, short }) => {
    const cells = Array.from({ length: layers }, (_, layer) => {
      const index = layout.blocks.findIndex((block) => block.layer === layer && block.kind === kind);
      if (index < 0) return '<i class="none"></i>';
      const { count } = layout.blocks[index]!;
      const share = kept[index]! / count;
      const title = `layer ${layer}: ${kept[index]} of ${count} ${name}, ${formatShare(share)}`;
      return `<i style="--kept:${share.toFixed(3)}" title="${escapeMarkup(title)}"></i>`;
    });
    return `<b>${short}</b>${cells.join('')}`;
  });
  const every = Math.max(1, Math.round(layers / 6));
  const numbers = Array.from(
    { length: layers },
    (_, layer) => `<span>${layer % every === 0 ? layer : ''}</span>`,
  );
  return (
    `<div class="heat" role="img" aria-label="Share kept of each layer’s units; the table below has the numbers" ` +
    `style="grid-template-columns:2.5rem repeat(${layers},minmax(0,1fr))">${rows.join('')}<b>layer</b>${numbers.join('')}</div>` +
    '<div class="legend" aria-hidden="true">0% kept <i></i> 100%</div>'
  );
}
