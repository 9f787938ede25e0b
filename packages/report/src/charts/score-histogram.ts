import type { Layout } from '@grasp/budget';
import { unitsOf } from '../live/sizes.js';
import { escapeMarkup } from '../page/escape-markup.js';
import { formatCount } from '../page/format.js';
import { ticks } from './ticks.js';

const [WIDTH, HEIGHT] = [400, 200];
const MARGIN = { top: 34, right: 12, bottom: 44, left: 12 };
const BINS = 60;

export interface HistogramOptions {
  readonly kind: string;
  /** What the units are called. */
  readonly name: string;
  /** What a score is, for the axis. */
  readonly score: string;
  /** Whether scores are drawn by their logarithm; those that have none are left out. */
  readonly logarithmic?: boolean;
}

/** A histogram of the scores of one kind of units, as an SVG element. Kept units are stacked on removed ones. */
export function scoreHistogram(
  layout: Layout,
  scores: Float32Array,
  mask: Uint8Array,
  { kind, name, score, logarithmic = false }: HistogramOptions,
): string {
  const drawn: { value: number; kept: boolean }[] = [];
  for (const block of layout.blocks) {
    if (block.kind !== kind) continue;
    for (let unit = block.start; unit < block.start + block.count; unit++) {
      const value = logarithmic ? Math.log10(scores[unit]!) : scores[unit]!;
      if (Number.isFinite(value)) drawn.push({ value, kept: mask[unit] === 1 });
    }
  }
  if (drawn.length === 0) return '';
  const low = drawn.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = drawn.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const span = high - low || 1;
  const bins = Array.from({ length: BINS }, () => ({ kept: 0, removed: 0 }));
  for (const { value, kept } of drawn) {
    const bin = bins[Math.min(BINS - 1, Math.floor((BINS * (value - low)) / span))]!;
    bin[kept ? 'kept' : 'removed']++;
  }
  const tallest = bins.reduce((most, { kept, removed }) => Math.max(most, kept + removed), 1);

  const bottom = HEIGHT - MARGIN.bottom;
  const width = (WIDTH - MARGIN.left - MARGIN.right) / BINS;
  const x = (value: number) => MARGIN.left + ((value - low) / span) * BINS * width;
  const rise = (units: number) => (units / tallest) * (bottom - MARGIN.top);
  const bar = (bin: number, from: number, units: number, color: string) =>
    units === 0
      ? ''
      : `<rect x="${round(MARGIN.left + bin * width)}" y="${round(bottom - rise(from + units))}" ` +
        `width="${round(Math.max(1, width - 1))}" height="${round(rise(units))}" fill="${color}"/>`;
  const bars = bins.map(
    ({ kept, removed }, bin) =>
      bar(bin, 0, kept, 'var(--series-0)') + bar(bin, kept, removed, 'var(--removed)'),
  );
  const marks = ticks([low, high]).map((value) => {
    const label = logarithmic ? `1e${Number(value.toPrecision(3))}` : String(Number(value.toPrecision(3)));
    return text(round(x(value)), bottom + 16, label, 'text-anchor="middle"');
  });
  const { kept, count } = unitsOf(layout, mask, kind);
  const counts = `${formatCount(kept)} of ${formatCount(count)} kept`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `role="img" aria-label="${escapeMarkup(`Scores of ${name}: ${counts}`)}" font-family="system-ui,sans-serif" font-size="12" fill="var(--soft)">` +
    `${text(MARGIN.left, 16, name, 'fill="var(--text)" font-weight="600"')}` +
    `${text(WIDTH - MARGIN.right, 16, counts, 'text-anchor="end"')}${bars.join('')}` +
    `<path d="M${MARGIN.left} ${bottom + 0.5}H${WIDTH - MARGIN.right}" stroke="var(--soft)"/>${marks.join('')}` +
    `${text(WIDTH / 2, HEIGHT - 8, score, 'text-anchor="middle"')}</svg>`
  );
}

const round = (value: number): number => Math.round(10 * value) / 10;
const text = (left: number, top: number, content: string, attributes: string): string =>
  `<text x="${left}" y="${top}" ${attributes}>${escapeMarkup(content)}</text>`;
