import { COLORS } from '../page/colors.js';
import { CHART_SIZE } from './line-chart.js';

/**
 * Charts side by side as one SVG file, with their colours in it, light or dark as the reader's system is.
 *
 * @param charts of `lineChart`
 * @param columns charts in a row. Default: all.
 */
export function chartSheet(
  charts: readonly string[],
  { columns = charts.length }: { readonly columns?: number } = {},
): string {
  const { width, height } = CHART_SIZE;
  const rows = Math.ceil(charts.length / columns);
  const size = { width: width * Math.min(columns, charts.length), height: height * rows };
  const placed = charts.map(
    (chart, i) =>
      `<g transform="translate(${width * (i % columns)} ${height * Math.floor(i / columns)})">${chart}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}">
<style>${COLORS}</style>
<rect width="100%" height="100%" fill="var(--ground)"/>
${placed.join('\n')}
</svg>
`;
}
