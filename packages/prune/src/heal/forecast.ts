import { type DecoderPass, decoderCost, decoderSize, loraSides, totalAmount } from '@grasp/decoder';
import { stepSeconds } from '../forecast/duration.js';
import type { MatMulRates } from '../forecast/matmul-rate.js';
import { savedPerStep } from '../forecast/saved-elements.js';
import type { HealConfigs } from './memory.js';
import { type HealSettings, healSteps } from './settings.js';

/** Time to update one weight: 28 bytes go through memory, at about 14 GB/s. */
const SECONDS_PER_WEIGHT = 2e-9;

/** What a healing will do, in numbers. */
export interface HealForecast {
  readonly steps: number;
  readonly tokens: number;
  /** Operations of matrix products in a step: forward and back, with the gradients of the weights, and the teacher. */
  readonly flopsPerStep: number;
  /** Elements that a step saves for the way back, and those of the teacher's forward pass. */
  readonly activationsPerStep: number;
  readonly trainedWeights: number;
  /** The duration on a processor, in seconds. Measurements on held-out text are not counted. */
  seconds(rates: MatMulRates): number;
}

/** Forecasts a healing from the configs of its models. */
export function healForecast({ pruned, teacher }: HealConfigs, settings: HealSettings): HealForecast {
  const { batch, length, embedding, teacherShare } = settings;
  const steps = healSteps(settings);
  const tokens = batch * length;
  const cost = (config: typeof pruned, pass: DecoderPass['pass']) =>
    decoderCost(config, 1, { pass, tokens, length, firstInputGradient: true });
  const step = cost(pruned, 'step');
  const { sublayers, ends } = decoderSize(pruned);
  const lora = settings.train === 'lora';
  const sides = loraSides(pruned, 1);
  const trainedWeights = lora
    ? settings.rank * (sides.inputs + sides.outputs)
    : sublayers.matrices + (embedding === 'trained' ? ends.matrices : 0);
  const inHead = embedding === 'trained' ? pruned.vocabSize * pruned.hiddenSize : 0;
  const inProducts = lora ? 3 * trainedWeights : sublayers.matrices + inHead;
  const asked = teacherShare > 0 ? teacher : undefined;
  const saved = (of: typeof step) => {
    const { float32, weightDtype } = savedPerStep(of);
    return float32 + weightDtype;
  };
  const flopsPerStep =
    totalAmount(step.operations) +
    2 * tokens * inProducts +
    (asked ? totalAmount(cost(asked, 'likelihood').operations) : 0);
  // Forward, a teacher computes what a step of it would save, which is about half of the work on activations.
  const activationsPerStep = saved(step) + (asked ? saved(cost(asked, 'step')) / 2 : 0);
  return {
    steps,
    tokens: steps * tokens,
    flopsPerStep,
    activationsPerStep,
    trainedWeights,
    seconds: (rates) =>
      steps *
      (stepSeconds({ flops: flopsPerStep, activations: activationsPerStep }, rates) +
        SECONDS_PER_WEIGHT * trainedWeights),
  };
}
