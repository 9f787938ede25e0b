import type { LatencyTable } from '../settings/latency-table.js';
import { SettingsError } from '../settings/settings-error.js';

/** Milliseconds of a forward pass: per unit of each kind, and without any unit. */
export interface LatencyCosts {
  readonly ffn: number;
  readonly kv: number;
  readonly fixed: number;
}

/**
 * Fits a linear cost to a latency table: `fixed + ffn · channels + kv · groups`, with counts summed over all layers.
 * `ffn` and `kv` are the least-squares slopes of the two series (0 for a series of one width); `fixed` is the mean of
 * the residuals.
 *
 * @throws SettingsError if the time does not grow with the width. Such a table cannot guide pruning.
 */
export function latencyCosts(table: LatencyTable): LatencyCosts {
  const points = pointsOf(table);
  const slopeOf = (kind: 'ffn' | 'kv') => {
    const series = points.filter((p) => p.series === kind);
    if (series.length === 1) return 0;
    const cost = slope(
      series.map((p) => p[kind]),
      series.map((p) => p.milliseconds),
    );
    if (cost > 0) return cost;
    throw new SettingsError(
      `The times of the latency table do not grow with its ${kind} widths. Measure again on an idle machine, or with more tokens.`,
      ['budget.latency'],
    );
  };
  const [ffn, kv] = [slopeOf('ffn'), slopeOf('kv')];
  const rest = points.map((p) => p.milliseconds - ffn * p.ffn - kv * p.kv);
  return { ffn, kv, fixed: Math.max(0, mean(rest)) };
}

/** Largest relative error of {@link latencyCosts} over the measured times. */
export function latencyMisfit(table: LatencyTable): number {
  const { ffn, kv, fixed } = latencyCosts(table);
  const misfits = pointsOf(table).map(
    (p) => Math.abs(fixed + ffn * p.ffn + kv * p.kv - p.milliseconds) / p.milliseconds,
  );
  return Math.max(...misfits);
}

/** Each measured time, with the number of units of each kind in the whole model. */
function pointsOf({ model, ffn, kv }: LatencyTable) {
  const units = (channels: number, groups: number) => ({
    ffn: model.layers * channels,
    kv: model.layers * groups,
  });
  return [
    ...ffn.map(({ channels, milliseconds }) => {
      return { series: 'ffn' as const, ...units(channels, model.groups), milliseconds };
    }),
    ...kv.map(({ groups, milliseconds }) => {
      return { series: 'kv' as const, ...units(model.channels, groups), milliseconds };
    }),
  ];
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

function slope(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
