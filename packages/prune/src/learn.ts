import {
  assertFeasible,
  type Budget,
  budgetFromKeepRatio,
  type Layout,
  projectExact,
  projectGreedyPrefix,
} from '@grasp/budget';
import { rows, type TokenBlocks } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import { calibrateScales, initialScaleState, scalesFromScores } from '@grasp/fold';
import {
  adamW,
  epochOrder,
  type GateOptions,
  initialGateState,
  learnGates,
  type MaskRule,
  maskFromScores,
} from '@grasp/gates';
import type { PruneEvent } from './events.js';
import type { PruneSettings } from './settings.js';

/** What a run learns: plain vectors, apart from any weights. */
export interface Learned {
  /** 1 for each kept unit. */
  readonly mask: Uint8Array;
  /** A factor for each kept unit, 0 for the others. */
  readonly scales: Float32Array;
  readonly losses: { readonly gates: readonly number[]; readonly scales: readonly number[] };
}

/** Text of both stages; the paper's code takes the training split for one, the validation split for the other. */
export interface LearningData {
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
}

export interface BudgetedProjection {
  readonly budget: Budget;
  readonly project: MaskRule;
}

/**
 * The budget of the settings and the projection onto it.
 *
 * @throws BudgetError, BudgetBelowFloorError before any work is done.
 */
export function projectionOf(layout: Layout, { keep, projection }: PruneSettings): BudgetedProjection {
  const budget = budgetFromKeepRatio(layout, keep);
  if (projection === 'paper') return { budget, project: (p) => projectGreedyPrefix(p, layout, budget) };
  assertFeasible(layout, budget);
  return { budget, project: (p) => projectExact(p, layout, budget) };
}

function schedule(blocks: TokenBlocks, epochs: number, { batch, seed }: PruneSettings) {
  const order = epochOrder(blocks.shape[0], batch, seed);
  return {
    steps: order.stepsPerEpoch * epochs,
    batchAt: (step: number) => rows(blocks, order.rowsAt(step)),
  };
}

/** Learns the gates, then calibrates the scales of what is kept (GRASPrune, arXiv 2604.19398, section 3). */
export async function* learn(
  model: Decoder,
  { gateBlocks, scaleBlocks }: LearningData,
  settings: PruneSettings,
): AsyncGenerator<PruneEvent, Learned, undefined> {
  const { project } = projectionOf(model.layout, settings);
  const { learningRate, beta1, beta2, epsilon } = settings;
  const optimizer = adamW({ learningRate, betas: [beta1, beta2], epsilon });

  const gates = schedule(gateBlocks, settings.epochs, settings);
  const gateOptions: GateOptions = {
    steps: gates.steps,
    chooseMask: project,
    temperature: settings.tau,
    optimizer,
  };
  const gateState = initialGateState(model, gateOptions);
  for await (const { step, loss, kept, keptCost } of learnGates(
    model,
    gates.batchAt,
    gateOptions,
    gateState,
  )) {
    const { ids } = gates.batchAt(step);
    yield { stage: 'gates', step: step + 1, steps: gates.steps, loss, tokens: ids.length, kept, keptCost };
  }
  const mask = maskFromScores(gateState, gateOptions);

  const scales = schedule(scaleBlocks, settings.scaleEpochs, settings);
  const scaleOptions = { steps: scales.steps, amplitude: settings.alpha, optimizer };
  const scaleState = initialScaleState(model, scaleOptions);
  for await (const { step, loss } of calibrateScales(model, mask, scales.batchAt, scaleOptions, scaleState)) {
    const { ids } = scales.batchAt(step);
    yield { stage: 'scales', step: step + 1, steps: scales.steps, loss, tokens: ids.length };
  }
  return {
    mask,
    scales: scalesFromScores(scaleState.scores, mask, settings.alpha),
    losses: { gates: gateState.losses, scales: scaleState.losses },
  };
}
