import { escapeMarkup } from '../page/escape-markup.js';
import { ticks } from './ticks.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Drawn as a thin pale line, behind the others. */
  readonly faint?: boolean;
}

export interface ChartOptions {
  /** Names of the axes. */
  readonly x: string;
  readonly y: string;
  /** Whether y is drawn by its logarithm. */
  readonly logarithmic?: boolean;
}

const [WIDTH, HEIGHT] = [400, 250];
const MARGIN = { top: 34, right: 16, bottom: 44, left: 50 };
/** With more points than this, lines are drawn without dots, and axes with round numbers. */
const FEW = 12;
const COLORS = 4;

/** Lines as an SVG element. Values have to be finite, and with `logarithmic` positive. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const { logarithmic = false } = options;
  const all = series.flatMap(({ points }) => points);
  const few = series.every(({ points }) => points.length <= FEW);
  const bend = logarithmic ? Math.log : (value: number) => value;
  const [xs, ys] = [all.map((point) => point.x), all.map((point) => point.y)];
  const x = scale(xs, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(ys.map(bend), HEIGHT - MARGIN.bottom, MARGIN.top);
  const place = (point: Point) => ({ left: round(x(point.x)), top: round(y(bend(point.y))) });

  let keyEnd = MARGIN.left;
  let colored = 0;
  const lines = series.map(({ name, points, faint = false }) => {
    const color = faint ? 'var(--soft)' : `var(--series-${colored++ % COLORS})`;
    const places = points.toSorted((a, b) => a.x - b.x).map(place);
    const path = places.map(({ left, top }) => `${left},${top}`).join(' ');
    const stroke = faint ? 'stroke-width="1" opacity="0.5"' : 'stroke-width="2"';
    const dots = few
      ? places.map(({ left, top }) => `<circle cx="${left}" cy="${top}" r="3" fill="${color}"/>`)
      : [];
    const key = text(keyEnd, 16, name, `fill="${color}" font-weight="600"`);
    keyEnd += 7.5 * name.length + 16;
    return `<polyline points="${path}" fill="none" stroke="${color}" ${stroke}/>${dots.join('')}${key}`;
  });

  const bottom = HEIGHT - MARGIN.bottom;
  const xTicks = (few ? distinct(xs) : ticks(xs)).map((value) =>
    text(round(x(value)), bottom + 16, label(value), 'text-anchor="middle"'),
  );
  const yTicks = (logarithmic || few ? ends(distinct(ys)) : ticks(ys)).map(
    (value) =>
      `<path d="M${MARGIN.left} ${round(y(bend(value)))}H${WIDTH - MARGIN.right}" stroke="var(--line)"/>` +
      text(MARGIN.left - 6, round(y(bend(value))) + 4, label(value), 'text-anchor="end"'),
  );
  const names = [
    text((MARGIN.left + WIDTH) / 2, HEIGHT - 8, options.x, 'text-anchor="middle"'),
    text(WIDTH - MARGIN.right, 16, options.y, 'text-anchor="end" font-weight="600"'),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `role="img" aria-label="${escapeMarkup(options.y)}" font-family="system-ui,sans-serif" font-size="12" fill="var(--soft)">` +
    `${yTicks.join('')}${lines.join('')}${[...xTicks, ...names].join('')}` +
    `<path d="M${MARGIN.left} ${bottom}H${WIDTH - MARGIN.right}" stroke="var(--soft)"/></svg>`
  );
}

/** Linear map of the values' range onto a range of pixels, a little inside. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const span = high - low || 1;
  const inset = 0.04 * (to - from);
  return (value) => from + inset + ((value - low) / span) * (to - from - 2 * inset);
}

/** Smallest, middle and largest: enough to read a chart by. */
function ends(values: readonly number[]): number[] {
  const indices = [0, Math.floor(values.length / 2), values.length - 1];
  return [...new Set(indices.map((index) => values[index]!))];
}

const distinct = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
const round = (value: number): number => Math.round(10 * value) / 10;
const label = (value: number): string => String(Number(value.toPrecision(3)));
const text = (left: number, top: number, content: string, attributes: string): string =>
  `<text x="${left}" y="${top}" ${attributes}>${escapeMarkup(content)}</text>`;
