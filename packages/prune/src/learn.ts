import type { TokenBlocks } from '@grasp/calib-data';
import { type Decoder, ScalableDecoder, withNorms } from '@grasp/decoder';
import { calibrateScales, initialScaleState, type ReplacedColumns, scalesFromScores } from '@grasp/fold';
import { adamW, annealed } from '@grasp/gates';
import { chooseMask } from './choose-mask.js';
import type { PruneEvent } from './events.js';
import type { Projection } from './projection.js';
import { refit } from './refit.js';
import type { RunState } from './run-state.js';
import { schedule } from './schedule.js';
import type { PruneSettings } from './settings.js';

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
  readonly losses: { readonly gates: readonly number[]; readonly scales: readonly number[] };
}

/** Text of both stages; the paper's code takes the training split for one, the validation split for the other. */
export interface LearningData {
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
}

/**
 * Chooses what to keep, fits the weights around it anew where asked to, then calibrates scales (GRASPrune, arXiv
 * 2604.19398, section 3; the refit is not in the paper).
 *
 * @param projection the budgets that what is kept meets
 * @param progress where learning goes on from, and where its state is kept meanwhile. A refit is done again: it
 *   depends on the mask alone.
 */
export async function* learn(
  model: Decoder,
  { gateBlocks, scaleBlocks }: LearningData,
  settings: PruneSettings,
  projection: Projection,
  progress: Pick<RunState, 'choice' | 'scales'> = {},
): AsyncGenerator<PruneEvent, Learned, undefined> {
  const { mask, scores, losses } = yield* chooseMask(model, gateBlocks, settings, projection, progress);
  const replaced = settings.refit === 'sequential' ? yield* refit(model, mask, gateBlocks, settings) : [];
  const calibrated = yield* calibrate(model, mask, scaleBlocks, settings, progress);
  return {
    mask,
    scores,
    scales: calibrated.scales,
    replaced,
    losses: { gates: losses, scales: calibrated.losses },
  };
}

async function* calibrate(
  model: Decoder,
  mask: Uint8Array,
  blocks: TokenBlocks,
  settings: PruneSettings,
  progress: Pick<RunState, 'scales'>,
): AsyncGenerator<PruneEvent, { scales: Float32Array; losses: readonly number[] }, undefined> {
  const { learningRate, beta1, beta2, epsilon, alpha } = settings;
  const { stepsPerEpoch, batchAt } = schedule(blocks, settings);
  const steps = stepsPerEpoch * settings.scaleEpochs;
  const norms = settings.scales === 'units+norms';
  const scaled = norms ? new ScalableDecoder(model) : model;
  const kept = norms ? withNorms(model.config, mask) : mask;
  const rate = settings.scaleRate === 'annealed' ? annealed(learningRate, steps) : learningRate;
  const optimizer = adamW({ learningRate: rate, betas: [beta1, beta2], epsilon });
  const options = { steps, amplitude: alpha, optimizer };
  const state = progress.scales ?? initialScaleState(scaled, options);
  progress.scales = state;
  for await (const { step, loss } of calibrateScales(scaled, kept, batchAt, options, state)) {
    yield { stage: 'scales', step: step + 1, steps, loss, tokens: batchAt(step).ids.length };
  }
  return { scales: scalesFromScores(state.scores, kept, alpha), losses: state.losses };
}
