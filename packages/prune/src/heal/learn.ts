import { rowRange, type TokenBlocks } from '@grasp/calib-data';
import type { TrainingBatch } from '@grasp/decoder';
import { type LanguageModel, lastOf, perplexity } from '@grasp/eval';
import { bestPoint } from './best.js';
import { HealError } from './errors.js';
import type { HealEvent } from './events.js';
import { type HealSettings, healSteps, rateAt } from './settings.js';
import type { HealProgress, HealStateFile } from './state.js';
import type { Teacher } from './teacher/teacher-cache.js';
import type { HealTraining } from './training.js';

/** Time between two saves: what a killed run loses at most, and a small part of what saving costs. */
const SAVE_SECONDS = 600;

export interface HealModels {
  readonly student: LanguageModel;
  /** A view of any model with the same vocabulary, or a cache. Not asked if its share of the loss is 0. */
  readonly teacher?: Teacher | undefined;
}

/** The text of a run: blocks in the order of training, and blocks that are not trained on. */
export interface HealTexts {
  readonly training: TokenBlocks;
  readonly heldOut?: TokenBlocks | undefined;
}

/**
 * Distils the teacher into all weights of the student, which changes in place. Yields an event for each step and each
 * measurement. With a state file, whose last save is that of the last step, a run that was left resumes at its last saved
 * step and ends in the same bytes.
 *
 * @param training of the student.
 * @param onBest called after a measurement that is better than all before it, while the student has these weights.
 * @returns losses and curve of all steps.
 * @throws HealError naming the step, if a loss or a gradient is not finite. The state before it is saved.
 */
export async function* healWeights(
  { student, teacher }: HealModels,
  training: HealTraining,
  texts: HealTexts,
  settings: HealSettings,
  stateFile?: HealStateFile,
  onBest?: (step: number) => Promise<void>,
): AsyncGenerator<HealEvent, HealProgress, undefined> {
  const steps = healSteps(settings);
  const progress = (await stateFile?.restore(training)) ?? { steps: [], curve: [] };
  let savedSteps = progress.steps.length;
  let savedAt = performance.now();
  const save = async () => {
    if (!stateFile || progress.steps.length === savedSteps) return;
    await stateFile.save(training, progress);
    savedSteps = progress.steps.length;
    savedAt = performance.now();
  };
  const measures = (step: number) => step % settings.evalEvery === 0 || step === steps;
  const isMeasured = (step: number) => progress.curve.at(-1)?.step === step;
  let ended = false;
  try {
    for (;;) {
      const step = progress.steps.length;
      if (texts.heldOut && measures(step) && !isMeasured(step)) {
        const value = await heldOutPerplexity(student, texts.heldOut, settings.rows, step);
        // Kept before the curve says so: a state whose best weights are missing could not be resumed.
        const best = bestPoint(progress.curve);
        if (!best || value < best.perplexity) await onBest?.(step);
        progress.curve.push({ step, perplexity: value });
        const tokens = texts.heldOut.ids.length;
        yield { stage: 'heal-held-out', step, steps, perplexity: value, tokens };
      }
      if (step === steps || isStale(progress, settings.patience)) break;
      const batches = await batchesAt(step, texts.training, teacher, settings);
      const factor = rateAt(settings, step, steps);
      const { train, learningRate, loraLearningRate } = settings;
      const matrix = factor * (train === 'lora' ? loraLearningRate : learningRate);
      const rates = { matrix, bias: matrix, norm: factor * settings.normLearningRate };
      const { nll, kl, gradientNorm } = await training.train(batches, rates).catch((cause: unknown) => {
        if ((cause as { code?: unknown }).code !== 'GRASP_NON_FINITE') throw cause;
        throw new HealError(`Step ${step + 1}: ${(cause as Error).message}`, step + 1, { cause });
      });
      progress.steps.push({ nll, ...(kl === undefined ? {} : { kl }), gradientNorm });
      if (performance.now() - savedAt > 1000 * SAVE_SECONDS) await save();
      const tokens = settings.batch * settings.length;
      yield { stage: 'heal', step: step + 1, steps, nll, kl, gradientNorm, tokens };
    }
    ended = true;
    return progress;
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    // Also after the last step: writing and measuring the model can still fail. A save that fails hides neither the result
    // nor the first failure. Only a caller who leaves must hear of it.
    await save().catch((error: unknown) => {
      if (!ended) throw error;
    });
  }
}

/** The batches of a step, with the teacher's predictions. */
async function batchesAt(
  step: number,
  text: TokenBlocks,
  teacher: Teacher | undefined,
  { batch, rows: atOnce, teacherShare: share, topLogits }: HealSettings,
): Promise<TrainingBatch[]> {
  const batches: TrainingBatch[] = [];
  for (let first = 0; first < batch; first += atOnce) {
    const count = Math.min(atOnce, batch - first);
    const { lossMask, ...tokens } = rowRange(text, step * batch + first, count);
    const counted = lossMask?.filter((_, i) => i % tokens.shape[1] > 0);
    const distil = share > 0 ? { teacher: await teacher!.topLogits(tokens, topLogits), share } : undefined;
    batches.push({ ...tokens, ...(counted ? { counted } : {}), ...(distil ? { distil } : {}) });
  }
  return batches;
}

/** @throws HealError if the model no longer gives numbers after a step */
async function heldOutPerplexity(
  model: LanguageModel,
  text: TokenBlocks,
  batch: number,
  step: number,
): Promise<number> {
  try {
    return (await lastOf(perplexity(model, text, { batch }))).perplexity;
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'GRASP_EVAL_NON_FINITE' || step === 0) throw cause;
    const problem = `Held-out text after step ${step}: ${(cause as Error).message}`;
    throw new HealError(`${problem} Lower the learning rates, and begin again.`, step, { cause });
  }
}

/** Whether the last `patience` measurements brought no improvement. */
function isStale({ curve }: HealProgress, patience: number): boolean {
  const best = bestPoint(curve);
  return patience > 0 && best !== undefined && curve.length - 1 - curve.indexOf(best) >= patience;
}
