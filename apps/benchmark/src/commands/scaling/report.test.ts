import { expect, it } from 'vitest';
import { describe, findings, type ScalingReport } from './report.js';

/** A report in which a layer takes a second and a gigabyte. */
function reportOf(...layers: number[]): ScalingReport {
  const cost = (count: number) => ({ seconds: count, peakBytes: 1e9 * count });
  const sizes = layers.map((count) => ({
    ...{ layers: count, vocabulary: 8, rows: 1, cpuSeconds: count },
    ...{ measured: cost(count), forecast: cost(count), rates: { weights: 1, float32: 1 } },
  }));
  const conditions = { length: 8, keep: 0.5, dtype: 'float32', threads: 1, rounds: 1 } as const;
  return {
    machine: 'a machine',
    conditions: { like: 'smollm2-135m', ...conditions },
    series: [{ axis: 'layers', sizes }],
    whole: { layers: 30, forecast: cost(30) },
  };
}

it('counts one of a thing in the singular', () => {
  const report = reportOf(1, 2, 4);
  const tokens = { ...report, series: [{ ...report.series[0]!, axis: 'tokens' as const }] };
  expect(describe(tokens)).toContain('vary at 1 layer and 8 in the vocabulary. The fastest of 1 round in');
  expect(findings(report)[1]).toContain('on 1 thread and');
});

it('says that a cost is linear if there are sizes enough to see it', () => {
  const whole = expect.stringContaining('give 30.0 s of CPU time per step and 30.00 GB for all 30 layers');
  expect(findings(reportOf(1, 2, 4))).toEqual([
    'Linear in layers: CPU time with R² 1.0000, largest deviation 0.0%; memory with R² 1.0000, largest deviation 0.0%.',
    whole,
  ]);
  expect(findings(reportOf(1, 2))).toEqual([whole]);
  expect(findings(reportOf(1))).toEqual([]);
});
