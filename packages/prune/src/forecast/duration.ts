import type { Forecast } from './forecast.js';
import type { RunPlan } from './run-plan.js';

type DType = RunPlan['dtype'];

/**
 * Time per activation of a step, in operations of a matrix product. It covers norms, softmax, SiLU, copies, and
 * starting operations. Measured with SmolLM2-135M on two cores of AMD Zen 4. Products take half the time in
 * bfloat16 there, while everything else is computed in float32.
 */
const OPERATIONS_PER_ACTIVATION: Record<DType, number> = { float32: 1400, bfloat16: 2600 };

/** Time per operation of the refit's least squares, in operations of a matrix product. Measured likewise. */
const OPERATIONS_PER_SOLVE: Record<DType, number> = { float32: 8, bfloat16: 16 };

/** Time that AdamW takes to update one LoRA parameter. Measured likewise. */
const SECONDS_PER_LORA_PARAMETER = 60e-9;

/**
 * The duration of steps of matrix products and activations, in seconds.
 *
 * @param flopsPerSecond the rate that `matMulRate` measures for the dtype
 */
export function stepSeconds(
  { flops, activations }: { readonly flops: number; readonly activations: number },
  flopsPerSecond: number,
  dtype: DType,
): number {
  return (flops + OPERATIONS_PER_ACTIVATION[dtype] * activations) / flopsPerSecond;
}

/**
 * The duration of a run on a processor, in seconds. Perplexity is not counted.
 *
 * @param flopsPerSecond the rate that `matMulRate` measures for the dtype
 */
export function forecastSeconds(run: Forecast, flopsPerSecond: number, dtype: DType): number {
  const perActivation = OPERATIONS_PER_ACTIVATION[dtype];
  const gateStep = run.flopsPerGateStep + perActivation * run.activationsPerGateStep;
  const scaleStep = run.flopsPerScaleStep + perActivation * run.activationsPerScaleStep;
  const once =
    run.surgeryFlops + run.refitFlops + run.teacherFlops + OPERATIONS_PER_SOLVE[dtype] * run.solveFlops;
  const operations = run.gateSteps * gateStep + run.scaleSteps * scaleStep + once;
  return operations / flopsPerSecond + run.scaleSteps * run.loraParameters * SECONDS_PER_LORA_PARAMETER;
}
