import { escapeMarkup } from '../page/escape-markup.js';
import { ticks } from './ticks.js';

interface Point {
  readonly x: number;
  readonly y: number;
  /** Ends of an error bar. */
  readonly low?: number;
  readonly high?: number;
  /** Written beside the point. */
  readonly name?: string;
}

export interface Series {
  /** Its name in the key, or an empty text: then it stands in the drawing alone, for a pointer that rests on it. */
  readonly name: string;
  /** For a pointer that rests on it. Default: the name. */
  readonly title?: string;
  readonly points: readonly Point[];
  /** Drawn as a thin pale line, behind the others. */
  readonly faint?: boolean;
  /** Points without a line between them. */
  readonly dots?: boolean;
}

export interface ChartOptions {
  /** Names of the axes. */
  readonly x: string;
  readonly y: string;
  /** Whether y is drawn by its logarithm. */
  readonly logarithmic?: boolean;
  /** Whether x is drawn by its logarithm. */
  readonly logarithmicX?: boolean;
}

/** Size of a chart in pixels. */
export const CHART_SIZE = { width: 400, height: 250 };
const { width: WIDTH, height: HEIGHT } = CHART_SIZE;
const MARGIN = { top: 34, right: 16, bottom: 44, left: 50 };
/** With more points than this, lines are drawn without dots, and axes with round numbers. */
const FEW = 12;
const COLORS = 4;
/** Height of a line of the key, and width of a letter in it. */
const [KEY_LINE, LETTER] = [15, 7.5];

/** Lines as an SVG element. Values have to be finite, and on a logarithmic axis positive. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const { logarithmic = false, logarithmicX = false } = options;
  const all = series.flatMap(({ points }) => points);
  const few = series.every(({ points }) => points.length <= FEW);
  const [bendX, bend] = [logarithmicX, logarithmic].map((by) => (by ? Math.log : same)) as [Bend, Bend];
  const [xs, ys] = [all.map((point) => point.x), all.flatMap(({ y, low = y, high = y }) => [low, y, high])];
  const keys = keyOf(series, options.y);
  const top = MARGIN.top + KEY_LINE * (keys.lines - 1);
  const x = scale(xs.map(bendX), MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(ys.map(bend), HEIGHT - MARGIN.bottom, top);
  const left = (point: Point) => round(x(bendX(point.x)));
  const height = (value: number) => round(y(bend(value)));

  let colored = 0;
  const lines = series.map(({ name, title = name, points, faint = false, dots = false }, i) => {
    const color = faint ? 'var(--soft)' : `var(--series-${colored++ % COLORS})`;
    const sorted = points.toSorted((a, b) => a.x - b.x);
    const path = sorted.map((point) => `${left(point)},${height(point.y)}`).join(' ');
    const stroke = faint ? 'stroke-width="1" opacity="0.5"' : 'stroke-width="2"';
    const line = dots
      ? ''
      : `<polyline points="${path}" fill="none" stroke="${color}" ${stroke}>${tip(title)}</polyline>`;
    const marks = sorted.map((point) => {
      const { y: value, low = value, high = value, name: own } = point;
      const bar =
        low === high
          ? ''
          : `<path d="M${left(point)} ${height(low)}V${height(high)}" stroke="${color}" ${stroke}/>`;
      const beside =
        own === undefined
          ? ''
          : text(left(point) + 5, height(value) - 4, own, `fill="${color}" font-size="9"`);
      const dot = `<circle cx="${left(point)}" cy="${height(value)}" r="3" fill="${color}"`;
      const named = own === undefined ? `${dot}/>` : `${dot}>${tip(`${own}, ${title}`)}</circle>`;
      return few || dots ? bar + named + beside : bar;
    });
    const key = keys.places[i];
    const written = key ? text(key.left, key.top, name, `fill="${color}" font-weight="600"`) : '';
    return `${line}${marks.join('')}${written}`;
  });

  const bottom = HEIGHT - MARGIN.bottom;
  const xTicks = (logarithmicX ? ends(distinct(xs)) : few ? distinct(xs) : ticks(xs)).map((value) =>
    text(round(x(bendX(value))), bottom + 16, label(value), 'text-anchor="middle"'),
  );
  const yTicks = (logarithmic || few ? ends(distinct(ys)) : ticks(ys)).map(
    (value) =>
      `<path d="M${MARGIN.left} ${height(value)}H${WIDTH - MARGIN.right}" stroke="var(--line)"/>` +
      text(MARGIN.left - 6, height(value) + 4, label(value), 'text-anchor="end"'),
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

type Bend = (value: number) => number;
const same: Bend = (value) => value;
const tip = (title: string): string => (title === '' ? '' : `<title>${escapeMarkup(title)}</title>`);

/** Places of the series' names above the lines, in as many lines of text as they need beside the name of y. */
function keyOf(series: readonly Series[], axis: string) {
  let left = MARGIN.left;
  let line = 0;
  const places = series.map(({ name }) => {
    if (name === '') return undefined;
    const width = LETTER * name.length;
    const end = WIDTH - MARGIN.right - (line === 0 ? LETTER * axis.length : 0);
    if (left + width > end && left > MARGIN.left) {
      left = MARGIN.left;
      line++;
    }
    const place = { left, top: 16 + KEY_LINE * line };
    left += width + 16;
    return place;
  });
  return { places, lines: line + 1 };
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
