import { escapeMarkup, htmlPage, lineChart } from '@grasp/report';
import type { Sample } from './soak.js';
import { slope } from '../../shared/statistics/slope.js';

/** Part of a soak after which memory should not grow: libraries have loaded, pools are filled. */
const WARM = 0.25;

const MEBI = 2 ** 20;

/** One line for a terminal. */
export function describeTrend(samples: readonly Sample[]): string {
  const last = samples.at(-1)!;
  const warm = samples.slice(Math.floor(WARM * samples.length));
  const growth = (of: 'residentBytes' | 'heapBytes' | 'tensors') =>
    1000 * slope(warm.map((sample) => ({ x: sample.step, y: sample[of] })));
  const mebi = (bytes: number) => (bytes / MEBI).toFixed(2);
  return (
    `${last.step} steps: ${mebi(last.residentBytes)} MiB resident, ${last.tensors} tensors. A thousand steps add ` +
    `${mebi(growth('residentBytes'))} MiB resident, ${mebi(growth('heapBytes'))} MiB of JavaScript's heap and ` +
    `${growth('tensors').toFixed(2)} tensors (least squares after the first quarter).`
  );
}

/** The samples as a page with a chart of each quantity. */
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
