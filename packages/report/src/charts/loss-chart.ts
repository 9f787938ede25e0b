import { lineChart } from './line-chart.js';

/** Draws the loss of each step of a stage and its moving mean. Each step reads one block, and blocks differ. */
export function lossChart(name: string, losses: readonly number[]): string {
  const steps = losses.flatMap((y, step) => (Number.isFinite(y) ? [{ x: step + 1, y }] : []));
  if (steps.length < 2) return '';
  const width = Math.max(2, Math.round(steps.length / 20));
  const smooth = steps.slice(width - 1).map(({ x }, i) => {
    const seen = steps.slice(i, i + width);
    return { x, y: seen.reduce((sum, { y }) => sum + y, 0) / width };
  });
  const series = [
    { name: 'each step', points: steps, faint: true },
    { name: `mean of ${width}`, points: smooth },
  ];
  return `<figure>${lineChart(series, { x: 'step', y: name })}</figure>`;
}
