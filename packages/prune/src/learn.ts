import type { TokenBlocks } from '@grasp/calib-data';
import { correctionUpdates, type Decoder, initialFactors, TunableDecoder, withNorms } from '@grasp/decoder';
import {
  calibrateScales,
  freeFromScores,
  initialScaleState,
  type LowRankUpdate,
  type ReplacedColumns,
  scalesFromScores,
} from '@grasp/fold';
import { adamW, annealed, Random } from '@grasp/gates';
import { chooseMask } from './choose-mask.js';
import { gradedBy, type Predictions, predict, predictedBlocks } from './predictions.js';
import type { Projection } from './projection/projection.js';
import { refit } from './refit.js';
import type { PruneEvent } from './run/events.js';
import type { RunState } from './run-state.js';
import { schedule } from './schedule.js';
import type { PruneSettings } from './settings/schema.js';

/** Sets the random numbers of first factors apart from those of the blocks' order. */
const INITIAL_FACTORS = 1;

/** What a run learns. */
export interface Learned {
  /** 1 for each kept unit. */
  readonly mask: Uint8Array;
  /** What the mask was projected from: one for each unit; below 0 those that were removed in an earlier round. */
  readonly scores: Float32Array;
  /** A factor for each kept unit, 0 for the others; where norms have scales too, then one for each entry of a norm. */
  readonly scales: Float32Array;
  /** Columns of output matrices that were fitted anew; none without a refit. */
  readonly replaced: readonly ReplacedColumns[];
  /** Corrections to be added to the kept units' matrices; none without a rank. */
  readonly corrections: readonly LowRankUpdate[];
  readonly losses: { readonly gates: readonly number[]; readonly scales: readonly number[] };
}

/** Text of both stages; the paper's code takes the training split for one, the validation split for the other. */
export interface LearningData {
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
}

/**
 * Chooses what to keep, fits the weights around it anew where asked to, then calibrates scales, and corrections of low
 * rank with them (GRASPrune, arXiv 2604.19398, section 3; refit, corrections and distillation are not in the paper).
 *
 * @param projection the budgets that what is kept meets
 * @param progress where learning goes on from, and where its state is kept meanwhile. A refit is done again, and
 *   so are the dense model's predictions: they depend on mask and text alone.
 */
export async function* learn(
  model: Decoder,
  { gateBlocks, scaleBlocks }: LearningData,
  settings: PruneSettings,
  projection: Projection,
  progress: Pick<RunState, 'choice' | 'scales'> = {},
): AsyncGenerator<PruneEvent, Learned, undefined> {
  const { mask, scores, losses } = yield* chooseMask(model, gateBlocks, settings, projection, progress);
  const { replaced, predictions } = yield* refitAndPredict(
    model,
    mask,
    { gateBlocks, scaleBlocks },
    settings,
  );
  const tuned = yield* tune(model, mask, { scaleBlocks, predictions }, settings, progress);
  return {
    mask,
    scores,
    scales: tuned.scales,
    replaced,
    corrections: tuned.corrections,
    losses: { gates: losses, scales: tuned.losses },
  };
}

/**
 * The refit, and what the dense model predicts for the text of the scales. A refit that recovers part of the gap to the
 * dense model has it read the same text anyway; the other blocks are read before, while the model is still dense.
 */
async function* refitAndPredict(
  model: Decoder,
  mask: Uint8Array,
  { gateBlocks, scaleBlocks }: LearningData,
  settings: PruneSettings,
): AsyncGenerator<PruneEvent, { replaced: ReplacedColumns[]; predictions: Predictions }, undefined> {
  const predictions: Predictions = [];
  const [gates, scales] = [gateBlocks.shape[0], scaleBlocks.shape[0]];
  const { total, byRefit } = predictedBlocks(settings, { gates, scales, apart: gateBlocks !== scaleBlocks });
  yield* predict(model, scaleBlocks, [byRefit, total], predictions);
  const replaced =
    settings.refit.mode === 'sequential'
      ? yield* refit(model, mask, gateBlocks, settings, { predictions, predicted: byRefit })
      : [];
  return { replaced, predictions };
}

interface Tuned {
  readonly scales: Float32Array;
  readonly corrections: readonly LowRankUpdate[];
  readonly losses: readonly number[];
}

/** What is tuned: the model, which of its entries have scales, and what else moves, if anything. */
function tunable(model: Decoder, mask: Uint8Array, { scales, lora, optimizer, seed }: PruneSettings) {
  const { config } = model;
  const { rank } = lora;
  if (scales.targets === 'units' && rank === 0) return { tuned: model, kept: mask };
  const kept = withNorms(config, mask);
  if (rank === 0) return { tuned: new TunableDecoder(model), kept };
  const random = new Random(seed, INITIAL_FACTORS);
  const initial = initialFactors(config, mask, rank, () => random.next() / 2 ** 32);
  const free = { initial, reach: lora.learningRate / optimizer.learningRate };
  return { tuned: new TunableDecoder(model, { mask, rank }), kept, free };
}

/** Scales, and corrections with them. */
async function* tune(
  model: Decoder,
  mask: Uint8Array,
  { scaleBlocks, predictions }: { scaleBlocks: TokenBlocks; predictions: Predictions },
  settings: PruneSettings,
  progress: Pick<RunState, 'scales'>,
): AsyncGenerator<PruneEvent, Tuned, undefined> {
  const { learningRate, beta1, beta2, epsilon } = settings.optimizer;
  const { alpha, epochs, schedule: rateSchedule } = settings.scales;
  const { batch } = settings.text;
  const { stepsPerEpoch, blocksAt, batchAt } = schedule(scaleBlocks, { batch, seed: settings.seed });
  const steps = stepsPerEpoch * epochs;
  const { tuned, kept, free } = tunable(model, mask, settings);
  const rate = rateSchedule === 'annealed' ? annealed(learningRate, steps) : learningRate;
  const optimizer = adamW({ learningRate: rate, betas: [beta1, beta2], epsilon });
  const options = { steps, amplitude: alpha, optimizer, ...(free ? { free } : {}) };
  const state = progress.scales ?? initialScaleState(tuned, options);
  progress.scales = state;
  const graded = (step: number) =>
    gradedBy(predictions, batchAt(step), blocksAt(step), settings.distil.weight);
  for await (const { step, loss } of calibrateScales(tuned, kept, graded, options, state)) {
    yield { stage: 'scales', step: step + 1, steps, loss, tokens: batchAt(step).ids.length };
  }
  const scales = scalesFromScores(state.scores.subarray(0, kept.length), kept, alpha);
  const factors = free && freeFromScores(state.scores.subarray(kept.length), free);
  const corrections = factors ? correctionUpdates(model.config, mask, settings.lora.rank, factors) : [];
  return { scales, corrections, losses: state.losses };
}
