import { describe, expect, it } from 'vitest';
import { ContestantError, type StepResult } from '../../shared/timing/step-process.js';
import { checkAgreement } from './agreement.js';

const step = (loss: number, ...gradients: number[]): StepResult => ({
  seconds: 1,
  cpuSeconds: 1,
  peakBytes: 1,
  gpuBytes: 0,
  rates: { weights: 1, float32: 1 },
  loss,
  gradients: Float32Array.from(gradients),
});

describe('checkAgreement', () => {
  it('allows rounding differences in float32', () => {
    expect(checkAgreement(step(3.00001, 1, 1e-4), step(3, 1, 0)).angle).toBeLessThan(1e-6);
    expect(() => checkAgreement(step(3, 1, 0.1), step(3, 1, 0))).toThrow(ContestantError);
    expect(() => checkAgreement(step(3.1, 1, 0), step(3, 1, 0))).toThrow('losses 3.1 and 3');
  });

  it("requires bfloat16 gradients to be about as close to float32 as the rival's", () => {
    const single = step(3, 1, 0);
    expect(() => checkAgreement(step(3.01, 1, 0.1), step(3.02, 1, -0.1), single)).not.toThrow();
    expect(() => checkAgreement(step(3.01, 1, 0.3), step(3.02, 1, -0.1), single)).toThrow('float32');
  });

  it('compares only losses if there are no gradients', () => {
    expect(checkAgreement(step(3), step(3))).toEqual({ loss: 0 });
  });
});
