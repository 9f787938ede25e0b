import { decoderConfig } from '@grasp/decoder';
import { describe, expect, it } from 'vitest';
import { shapeOf } from '../../shared/models/shapes.js';
import type { Timing } from './contest.js';
import { conditions, type Match, ratiosByRound, speedPage, speedTable } from './report.js';

const timing = (seconds: number): Timing => ({
  ...{
    seconds,
    cpuSeconds: 2 * seconds,
    loss: 5,
    peakBytes: 1e9,
    gpuBytes: 0,
    rates: { weights: 1e9, float32: 1e9 },
  },
});
const contestant = { engine: 'TensorFlow', device: 'cpu' } as const;
const size = { kind: 'gates', dtype: 'float32', rows: 1, length: 10, keep: 0.5 } as const;
const config = decoderConfig(shapeOf('smollm2-135m', { layers: 1, vocabulary: 256 }));
const reportOf = (...matches: Match[]) => ({ model: 'm', machine: 'x', config, matches, missing: [] });

const alone: Match = { ...size, ours: contestant, rounds: [{ ours: timing(1) }, { ours: timing(3) }] };
const older: Match = {
  ...alone,
  rival: 'baseline',
  commit: 'abc1234',
  theirs: contestant,
  agreement: { loss: 0 },
  rounds: [
    { ours: timing(1), theirs: timing(2) },
    { ours: timing(3), theirs: timing(4) },
  ],
};

describe('a report of steps', () => {
  it('has no columns of a rival if our step ran alone', () => {
    const { columns, rows } = speedTable(reportOf(alone));
    expect(columns).toEqual(['s', 'CPU s', 'tokens/s', 'GFLOP/s', 'of matmul', 'GB']);
    expect(rows[0]!.slice(0, 4)).toEqual(['gate step, float32', '2.000', '4.000', '5']);
    expect(conditions(reportOf(alone))).toMatch(/medians of 2 rounds\. /);
    expect(speedPage(reportOf(alone))).not.toContain('PyTorch');
  });

  it('names the commit of an older step, and pairs the times of each round', () => {
    const { columns, rows } = speedTable(reportOf(older));
    expect(columns.slice(0, 3)).toEqual(['s', 'abc1234 s', 'ratio']);
    expect(rows[0]!.slice(0, 4)).toEqual(['gate step, float32', '2.000', '3.000', '0.63']); // of 0.5 and 0.75
    expect(ratiosByRound(reportOf(older))).toEqual(['gate step, float32: 0.500 0.750']);
    expect(conditions(reportOf(older))).toContain('in which the two alternate');
  });
});
