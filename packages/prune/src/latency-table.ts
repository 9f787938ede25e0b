import * as z from 'zod';
import { SettingsError } from './settings-error.js';

const point = { milliseconds: z.number().gt(0) };

/**
 * Times of forward passes of one model on one machine. All layers have the same width: `ffn` varies the channels of
 * every layer and keeps all KV groups, `kv` varies the groups and keeps all channels. `grasp-bench profile` writes such
 * a table. A table measured with another runtime has the same format.
 */
export const latencyTableSchema = z.strictObject({
  format: z.literal('grasp-latency'),
  version: z.literal(1),
  machine: z.string(),
  engine: z.string(),
  /** Tokens of one pass. */
  tokens: z.int().min(1),
  /** The shape of the dense model. The table is valid for this shape only. */
  model: z.strictObject({
    layers: z.int().min(1),
    hiddenSize: z.int().min(1),
    headSize: z.int().min(1),
    headsPerGroup: z.int().min(1),
    channels: z.int().min(1),
    groups: z.int().min(1),
  }),
  ffn: z.array(z.strictObject({ channels: z.int().min(0), ...point })).min(1),
  kv: z.array(z.strictObject({ groups: z.int().min(0), ...point })).min(1),
});

export type LatencyTable = z.output<typeof latencyTableSchema>;

/** Milliseconds of a pass: of each channel, of each KV group, and of everything else. */
export interface LatencyCosts {
  readonly ffn: number;
  readonly kv: number;
  readonly fixed: number;
}

/**
 * Fits a linear model to a table: `fixed + ffn · channels + kv · groups` milliseconds, with the counts of all layers
 * added up. `ffn` and `kv` are the least-squares slopes of the two series, 0 if a series has one width only. `fixed` is
 * the mean of the remaining time, at least 0.
 *
 * @throws SettingsError if the time of a series does not grow with its width
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
      `The latency table's times do not grow with its ${kind} widths. Measure again on an idle machine, or with more tokens.`,
      ['latency'],
    );
  };
  const [ffn, kv] = [slopeOf('ffn'), slopeOf('kv')];
  const rest = points.map((p) => p.milliseconds - ffn * p.ffn - kv * p.kv);
  return { ffn, kv, fixed: Math.max(0, mean(rest)) };
}

/** The largest error of the linear model of {@link latencyCosts}, relative to the measured time. */
export function latencyMisfit(table: LatencyTable): number {
  const { ffn, kv, fixed } = latencyCosts(table);
  const misfits = pointsOf(table).map(
    (p) => Math.abs(fixed + ffn * p.ffn + kv * p.kv - p.milliseconds) / p.milliseconds,
  );
  return Math.max(...misfits);
}

/** Every measured time, with the units of the whole model at that point. */
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
