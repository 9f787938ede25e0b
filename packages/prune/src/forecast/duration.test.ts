import { describe, expect, it } from 'vitest';
import { forecastSeconds } from './duration.js';
import type { Forecast } from './forecast.js';

const nothing: Forecast = {
  gateSteps: 0,
  surgeryFlops: 0,
  surgeryPassFlops: 0,
  scaleSteps: 0,
  flopsPerGateStep: 0,
  flopsPerScaleStep: 0,
  refitFlops: 0,
  solveFlops: 0,
  loraParameters: 0,
  teacherFlops: 0,
  activationsPerGateStep: 0,
  activationsPerScaleStep: 0,
  peakBytes: 0,
  gpuBytes: 0,
};
const RATES = { weights: 1e9, float32: 5e8 };
const seconds = (run: Partial<Forecast>) => forecastSeconds({ ...nothing, ...run }, RATES);

describe('forecastSeconds', () => {
  it('divides the operations of every stage by the rate of products with weights', () => {
    expect(seconds({ gateSteps: 3, flopsPerGateStep: 2e9 })).toBe(6);
    expect(seconds({ scaleSteps: 5, flopsPerScaleStep: 2e9 })).toBe(10);
    expect(seconds({ surgeryPassFlops: 4e9 })).toBe(4);
    expect(seconds({ refitFlops: 4e9 })).toBe(4);
    expect(seconds({ teacherFlops: 4e9 })).toBe(4);
    expect(seconds({ gateSteps: 1, flopsPerGateStep: 1e9, refitFlops: 2e9, teacherFlops: 4e9 })).toBe(7);
  });

  it('adds activations, least squares and the matrices of brain surgeon, whose time is that of float32, and LoRA', () => {
    expect(seconds({ gateSteps: 2, activationsPerGateStep: 1e6 })).toBeCloseTo(2 * 2.8, 9);
    expect(seconds({ scaleSteps: 2, activationsPerScaleStep: 1e6 })).toBeCloseTo(2 * 2.8, 9);
    expect(seconds({ solveFlops: 1e9 })).toBe(16);
    expect(seconds({ surgeryFlops: 1e9 })).toBe(2);
    expect(seconds({ scaleSteps: 2, loraParameters: 1e6 })).toBeCloseTo(0.12, 9);
  });
});
