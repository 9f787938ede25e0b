import {
  type DecoderConfig,
  type DecoderCost,
  type DecoderPass,
  decoderCost,
  decoderLayers,
  loraSides,
  totalAmount,
} from '@grasp/decoder';
import { obsOperations } from '../methods/obs/obs-cost.js';
import type { PruneSettings } from '../settings/schema.js';
import { bytesPerElement, gpuPeakBytes, processPeakBytes } from './peak-memory.js';
import { refitCost } from './refit-cost.js';
import { type RunPlan, runPlan } from './run-plan.js';
import { savedPerStep } from './saved-elements.js';
import type { TextSizes } from './text-sizes.js';

/**
 * The steps, operations and memory of a run. Operations are floating-point operations of matrix products. A
 * multiplication and an addition count as two.
 */
export interface Forecast {
  /** Steps that choose what to keep: of learning gates, or of ranking units. Methods that read activations run forward only. */
  readonly gateSteps: number;
  readonly scaleSteps: number;
  readonly flopsPerGateStep: number;
  readonly flopsPerScaleStep: number;
  /** Of the matrices of optimal brain surgeon, in float32. 0 without it. */
  readonly surgeryFlops: number;
  /** Of the passes in which it reads the text once more. 0 without it. */
  readonly surgeryPassFlops: number;
  /** Of the whole refit, its least squares not counted, or of the pass that finds biases. 0 without either. */
  readonly refitFlops: number;
  /** Of the refit's least squares, in float64. */
  readonly solveFlops: number;
  /** LoRA parameters that a scale step updates. */
  readonly loraParameters: number;
  /** Of the teacher's predictions. 0 without distillation. */
  readonly teacherFlops: number;
  /** Elements that the forward pass of a step saves for the backward pass. Half of them for a step without one. */
  readonly activationsPerGateStep: number;
  /** The same for a scale step, and the outputs of LoRA, which take time but are not saved. */
  readonly activationsPerScaleStep: number;
  /** Peak memory of the process over all stages, in bytes. */
  readonly peakBytes: number;
  /** Peak memory of the GPU over all stages, in bytes, if one computes. */
  readonly gpuBytes: number;
}

/**
 * Forecasts a run from the model's config and the settings. It composes the costs that the decoder's layers state
 * (`decoderCost` in `@grasp/decoder`).
 *
 * @param keep share of the units that steps compute in full. Default: the keep ratio of the settings, or 1.
 */
export function forecast(
  config: DecoderConfig,
  settings: PruneSettings,
  texts: TextSizes,
  keep = settings.budget.keep ?? 1,
): Forecast {
  const plan = runPlan(settings, texts);
  const { gateSteps, scaleSteps, length, rank } = plan;
  const gateStep = gateStepCost(config, plan, keep);
  const scaleStep = stepCost(config, keep, { tokens: plan.tokensPerScaleStep, length, rank });
  const refit = plan.refit && refitCost(config, plan.refit, keep, bytesPerElement(plan.dtype));
  const lora = loraSides(config, keep);
  return {
    gateSteps,
    scaleSteps,
    flopsPerGateStep: gateStep.operations,
    flopsPerScaleStep: totalAmount(scaleStep.operations),
    surgeryFlops: plan.surgery ? obsOperations(config, plan.surgery.tokens, keep) : 0,
    surgeryPassFlops: layerOperations(config, plan.surgery?.tokens ?? 0, length),
    refitFlops: refit?.operations ?? layerOperations(config, plan.biasTokens, length),
    solveFlops: refit?.solveOperations ?? 0,
    loraParameters: rank * (lora.inputs + lora.outputs),
    teacherFlops: teacherOperations(config, plan),
    activationsPerGateStep: gateStep.activations,
    activationsPerScaleStep:
      savedElements(scaleStep) + (rank > 0 ? plan.tokensPerScaleStep * lora.outputs : 0),
    peakBytes: processPeakBytes(config, plan, keep),
    gpuBytes: gpuPeakBytes(config, plan, keep),
  };
}

/** The cost of a step that runs forward and backward. */
function stepCost(config: DecoderConfig, keep: number, pass: Omit<DecoderPass, 'pass'>): DecoderCost {
  // Calibrated with the first layer's input gradient, which a step does without.
  return decoderCost(config, keep, { pass: 'step', firstInputGradient: true, ...pass });
}

/** Operations and activations of a step that chooses what to keep. */
function gateStepCost(
  config: DecoderConfig,
  { gatePass, tokensPerGateStep: tokens, length }: RunPlan,
  keep: number,
): { readonly operations: number; readonly activations: number } {
  if (gatePass === 'forward') {
    const operations = layerOperations(config, tokens, length);
    // About half of a step's work on activations, as of a teacher of healing.
    return { operations, activations: savedElements(stepCost(config, 1, { tokens, length })) / 2 };
  }
  const step = stepCost(config, keep, { tokens, length, pruned: true });
  return { operations: totalAmount(step.operations), activations: savedElements(step) };
}

/** Elements that a step saves, of all dtypes. */
function savedElements(step: DecoderCost): number {
  const { float32, weightDtype } = savedPerStep(step);
  return float32 + weightDtype;
}

/** Operations of the teacher: its head for all its tokens, and its layers for the tokens that no refit reads. */
function teacherOperations(
  config: DecoderConfig,
  { teacherTokens, teacherOnlyTokens, length }: RunPlan,
): number {
  const { head } = decoderLayers(config);
  const predictions = totalAmount(head.forwardSaving({ tokens: teacherTokens, length }).operations);
  return predictions + layerOperations(config, teacherOnlyTokens, length);
}

/** Operations of all layers in a forward pass. */
function layerOperations(config: DecoderConfig, tokens: number, length: number): number {
  const { sublayers } = decoderLayers(config);
  return sublayers.reduce(
    (sum, { cost }) => sum + totalAmount(cost.forward({ tokens, length }).operations),
    0,
  );
}
