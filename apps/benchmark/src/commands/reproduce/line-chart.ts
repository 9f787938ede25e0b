import { escapeMarkup } from './escape-markup.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface ChartOptions {
  /** Names of the axes. */
  readonly x: string;
  readonly y: string;
  /** Whether y is drawn by its logarithm. */
  readonly logarithmic?: boolean;
}

const [WIDTH, HEIGHT] = [420, 280];
const MARGIN = { top: 30, right: 16, bottom: 44, left: 60 };
const COLORS = ['#1f77b4', '#d95f02', '#4c9f70', '#7f5fa8'];

/** Lines with dots as an SVG element. Values have to be finite, and with `logarithmic` positive. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const all = series.flatMap(({ points }) => points);
  const bend = options.logarithmic ? Math.log : (value: number) => value;
  const x = scale(
    all.map((point) => point.x),
    MARGIN.left,
    WIDTH - MARGIN.right,
  );
  const y = scale(
    all.map((point) => bend(point.y)),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  );
  const place = (point: Point) => ({ left: round(x(point.x)), top: round(y(bend(point.y))) });
  const lines = series.map(({ name, points }, i) => {
    const color = COLORS[i % COLORS.length]!;
    const places = points.toSorted((a, b) => a.x - b.x).map(place);
    const path = places.map(({ left, top }) => `${left},${top}`).join(' ');
    const dots = places.map(({ left, top }) => `<circle cx="${left}" cy="${top}" r="3" fill="${color}"/>`);
    const key = text(MARGIN.left + 90 * i, 16, name, `fill="${color}" font-weight="600"`);
    return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}${key}`;
  });
  const values = (of: 'x' | 'y') => [...new Set(all.map((point) => point[of]))].sort((a, b) => a - b);
  const xTicks = values('x').map((value) =>
    text(round(x(value)), HEIGHT - MARGIN.bottom + 16, String(value), 'text-anchor="middle"'),
  );
  const yTicks = ends(values('y')).map((value) =>
    text(MARGIN.left - 6, round(y(bend(value))) + 4, label(value), 'text-anchor="end"'),
  );
  const bottom = HEIGHT - MARGIN.bottom;
  const axes = `M${MARGIN.left} ${MARGIN.top}V${bottom}H${WIDTH - MARGIN.right}`;
  const names = [
    text((MARGIN.left + WIDTH) / 2, HEIGHT - 8, options.x, 'text-anchor="middle"'),
    text(WIDTH - MARGIN.right, 16, options.y, 'text-anchor="end" font-weight="600"'),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `role="img" aria-label="${escapeMarkup(options.y)}" font-family="system-ui,sans-serif" font-size="12" fill="#444">` +
    `<path d="${axes}" fill="none" stroke="#999"/>${lines.join('')}${[...xTicks, ...yTicks, ...names].join('')}</svg>`
  );
}

/** Linear map of the values' range onto a range of pixels, a little inside. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  const inset = 0.06 * (to - from);
  return (value) => from + inset + ((value - low) / span) * (to - from - 2 * inset);
}

/** Smallest, middle and largest: enough to read a chart by. */
function ends(values: readonly number[]): number[] {
  const indices = [0, Math.floor(values.length / 2), values.length - 1];
  return [...new Set(indices.map((index) => values[index]!))];
}

const round = (value: number): number => Math.round(10 * value) / 10;
const label = (value: number): string => value.toPrecision(3).replace(/e\+?/, 'e');
const text = (left: number, top: number, content: string, attributes: string): string =>
  `<text x="${left}" y="${top}" ${attributes}>${escapeMarkup(content)}</text>`;
