import { chartSheet, lineChart, type Series } from '@grasp/report';
import { median } from '../../../shared/statistics/median.js';
import type { Level } from '../serving.js';
import type { ServedModel, ServedRuntime, ServeReport } from './serve-report.js';

/** Charts of each runtime over the number of requests at a time: requests per second, and the time to the first token. */
export function serveCharts({ runtimes, load, models }: ServeReport): string[] {
  if (load.concurrency.length < 2) return [];
  const measured = runtimes.filter(({ models }) => models.some(({ servings }) => servings.length > 0));
  return measured.flatMap((runtime) => [
    chartOf(runtime, models[0], 'requests/s', (level) => level.requestsPerSecond),
    chartOf(runtime, models[0], 'first token, s', (level) => level.timeToFirstToken),
  ]);
}

/** The charts as one SVG file, or undefined if there is none. */
export function serveSvg(report: ServeReport): string | undefined {
  const charts = serveCharts(report);
  return charts.length === 0
    ? undefined
    : chartSheet(charts, { title: 'Rates of the served models', columns: 2 });
}

function chartOf(runtime: ServedRuntime, dense: string | undefined, y: string, of: (level: Level) => number) {
  const series = runtime.models.map((model) => seriesOf(model, model.name === dense, of));
  return lineChart(series, { x: 'requests at a time', y: `${y}, ${runtime.name}`, logarithmicX: true });
}

function seriesOf({ name, servings }: ServedModel, faint: boolean, of: (level: Level) => number): Series {
  const concurrencies = [
    ...new Set(servings.flatMap(({ levels }) => levels.map((level) => level.concurrency))),
  ];
  const points = concurrencies.map((x) => {
    const values = servings.flatMap(({ levels }) =>
      levels.filter(({ concurrency }) => concurrency === x).map(of),
    );
    return { x, y: median(values) };
  });
  return { name, points, faint };
}
