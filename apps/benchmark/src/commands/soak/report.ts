import { escapeMarkup, htmlPage, lineChart } from '@grasp/report';
import { formatItems } from '@grasp/report/format';
import { slope } from '../../shared/statistics/slope.js';
import type { Sample } from './soak.js';

/** Share of the steps to ignore, in which libraries are loaded and memory pools fill. */
const WARM_UP = 0.25;

const MEBI = 2 ** 20;

/** The growth of memory, in one line. */
export function describeTrend(samples: readonly Sample[]): string {
  const last = samples.at(-1)!;
  const warm = samples.slice(Math.floor(WARM_UP * samples.length));
  const growth = (of: 'residentBytes' | 'heapBytes' | 'tensors') =>
    1000 * slope(warm.map((sample) => ({ x: sample.step, y: sample[of] })));
  const mebi = (bytes: number) => (bytes / MEBI).toFixed(2);
  return (
    `${formatItems(last.step, 'step')}: ${mebi(last.residentBytes)} MiB resident, ${last.tensors} tensors. Growth per 1000 steps: ` +
    `${mebi(growth('residentBytes'))} MiB resident, ${mebi(growth('heapBytes'))} MiB of JavaScript heap, ` +
    `${growth('tensors').toFixed(2)} tensors (least squares, without the first quarter).`
  );
}

/** An HTML page with a chart of each quantity. */
export function soakPage(samples: readonly Sample[], engine: string): string {
  const chart = (y: string, of: (sample: Sample) => number) => {
    const stages = (['gates', 'scales'] as const).map((stage) => ({
      name: stage,
      points: samples.filter((each) => each.stage === stage).map((each) => ({ x: each.step, y: of(each) })),
    }));
    return `<figure>${lineChart(
      stages.filter(({ points }) => points.length > 0),
      { x: 'step', y },
    )}</figure>`;
  };
  const charts = [
    chart('resident memory, MiB', ({ residentBytes }) => residentBytes / MEBI),
    chart("JavaScript's heap, MiB", ({ heapBytes }) => heapBytes / MEBI),
    chart('tensors', ({ tensors }) => tensors),
  ];
  const body = `<p>${escapeMarkup(describeTrend(samples))}</p><p class="soft">${escapeMarkup(engine)}</p>
<div class="charts">${charts.join('')}</div>`;
  return htmlPage({ title: 'Memory over many steps', body });
}
