import { COLORS } from '../page/colors.js';
import { escapeMarkup } from '../page/escape-markup.js';
import { CHART_SIZE } from './line-chart.js';

/**
 * Charts side by side as one SVG file, with their colours in it, light or dark as the reader's system is. `title` says what they
 * show, for readers who cannot see them. A row has `columns` charts, by default all.
 *
 * @param charts of `lineChart`
 */
export function chartSheet(
  charts: readonly string[],
  { title, columns = charts.length }: { readonly title: string; readonly columns?: number },
): string {
  const { width, height } = CHART_SIZE;
  const rows = Math.ceil(charts.length / columns);
  const size = { width: width * Math.min(columns, charts.length), height: height * rows };
  const placed = charts.map(
    (chart, i) =>
      `<g transform="translate(${width * (i % columns)} ${height * Math.floor(i / columns)})">${chart}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img">
<title>${escapeMarkup(title)}</title>
<style>${COLORS}</style>
<rect width="100%" height="100%" fill="var(--ground)"/>
${placed.join('\n')}
</svg>
`;
}
