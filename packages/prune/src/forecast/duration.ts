import type { Forecast } from './forecast.js';
import type { MatMulRates } from './matmul-rate.js';

/**
 * Time per activation of a step, in operations of a float32 product. It covers norms, softmax, SiLU, copies, and starting
 * operations, which compute in float32 whatever the dtype of the weights. Measured with SmolLM2-135M on two cores of AMD
 * Zen 4.
 */
const OPERATIONS_PER_ACTIVATION = 1400;

/** Time per operation of the refit's least squares, in operations of a float32 product. Measured likewise. */
const OPERATIONS_PER_SOLVE = 8;

/** Time that AdamW takes to update one LoRA parameter. Measured likewise. */
const SECONDS_PER_LORA_PARAMETER = 60e-9;

/** The duration of steps of matrix products and activations, in seconds. */
export function stepSeconds(
  { flops, activations }: { readonly flops: number; readonly activations: number },
  rates: MatMulRates,
): number {
  return flops / rates.weights + (OPERATIONS_PER_ACTIVATION * activations) / rates.float32;
}

/** The duration of a run on a processor, in seconds. Perplexity is not counted. */
export function forecastSeconds(run: Forecast, rates: MatMulRates): number {
  const gateStep = { flops: run.flopsPerGateStep, activations: run.activationsPerGateStep };
  const scaleStep = { flops: run.flopsPerScaleStep, activations: run.activationsPerScaleStep };
  return (
    run.gateSteps * stepSeconds(gateStep, rates) +
    run.scaleSteps * (stepSeconds(scaleStep, rates) + run.loraParameters * SECONDS_PER_LORA_PARAMETER) +
    (run.surgeryPassFlops + run.refitFlops + run.teacherFlops) / rates.weights +
    (run.surgeryFlops + OPERATIONS_PER_SOLVE * run.solveFlops) / rates.float32
  );
}
