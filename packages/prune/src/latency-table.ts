import * as z from 'zod';
import { SettingsError } from './settings-error.js';

const point = { milliseconds: z.number().gt(0) };

/**
 * Forward passes of one model timed on one machine, every layer at the same width: with all KV groups at several FFN
 * widths, and with all channels at several numbers of groups. `grasp-bench profile` writes it; a table measured in
 * another runtime serves as well.
 */
export const latencyTableSchema = z.strictObject({
  format: z.literal('grasp-latency'),
  version: z.literal(1),
  machine: z.string(),
  engine: z.string(),
  /** Tokens of the pass. */
  tokens: z.int().min(1),
  /** The dense model's shape: a table serves models of this one alone. */
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

/** Milliseconds of a pass: what each unit adds, and what is left when none is there. */
export interface LatencyCosts {
  readonly ffn: number;
  readonly kv: number;
  readonly fixed: number;
}

/**
 * A table as costs: the time of a pass is taken to be linear, `fixed + ffn · channels + kv · groups` with the counts of
 * all layers together. `ffn` and `kv` are the least-squares slopes of the two series (0 where there is one width
 * alone), `fixed` the mean of what they leave.
 *
 * @throws SettingsError where time does not grow with width: then the table says nothing to prune by.
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
      `The latency table's times do not grow with its ${kind} widths. Measure again, on an idle machine or with more tokens.`,
      ['latency'],
    );
  };
  const [ffn, kv] = [slopeOf('ffn'), slopeOf('kv')];
  const rest = points.map((p) => p.milliseconds - ffn * p.ffn - kv * p.kv);
  return { ffn, kv, fixed: Math.max(0, mean(rest)) };
}

/** Largest relative difference between a measured time and what {@link latencyCosts} makes of it. */
export function latencyMisfit(table: LatencyTable): number {
  const { ffn, kv, fixed } = latencyCosts(table);
  const misfits = pointsOf(table).map(
    (p) => Math.abs(fixed + ffn * p.ffn + kv * p.kv - p.milliseconds) / p.milliseconds,
  );
  return Math.max(...misfits);
}

/** Every time with the units of the whole model that it was taken with. */
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
