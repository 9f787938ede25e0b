import {
  assertFeasible,
  type Budget,
  budgetFromKeepRatio,
  type Constraints,
  type Layout,
  projectExact,
  projectGreedyPrefix,
} from '@grasp/budget';
import type { TokenBlocks } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import {
  adamW,
  type GateOptions,
  type ImportanceOptions,
  initialGateState,
  initialImportanceState,
  learnGates,
  type MaskRule,
  maskFromImportance,
  maskFromScores,
  pruneByImportance,
  relaxedBudget,
} from '@grasp/gates';
import type { PruneEvent } from './events.js';
import type { RunState } from './run-state.js';
import { schedule } from './schedule.js';
import { type PruneSettings, SettingsError } from './settings.js';

/** Units kept, and the loss of each step that led there. */
export interface ChosenMask {
  /** 1 for each kept unit. */
  readonly mask: Uint8Array;
  readonly losses: readonly number[];
}

export interface BudgetedProjection {
  readonly budget: Budget;
  readonly project: MaskRule;
}

/**
 * The budget of the settings and the projection onto it.
 *
 * @throws BudgetError, BudgetBelowFloorError, SettingsError before any work is done.
 */
export function projectionOf(layout: Layout, settings: PruneSettings): BudgetedProjection {
  const budget = budgetFromKeepRatio(layout, settings.keep);
  const constraints = constraintsOf(settings);
  if (settings.projection === 'paper') {
    if (constraints.uniform || constraints.multipleOf) {
      const message =
        "The paper's projection knows no layout or alignment: leave them out, or project exactly.";
      throw new SettingsError(message, ['projection', 'layout', 'align']);
    }
    return { budget, project: (p) => projectGreedyPrefix(p, layout, budget) };
  }
  assertFeasible(layout, budget, constraints);
  return { budget, project: (p) => projectExact(p, layout, budget, constraints) };
}

/** What the settings ask of the widths. */
function constraintsOf({ layout, align }: PruneSettings): Constraints {
  return {
    ...(layout === 'uniform' ? { uniform: ['ffn', 'kv'] } : {}),
    ...(align > 1 ? { multipleOf: { ffn: align } } : {}),
  };
}

type Choice = AsyncGenerator<PruneEvent, ChosenMask, undefined>;

/**
 * Chooses the units to keep, by the rule of the settings.
 *
 * @param progress where it goes on from, and where its state is kept meanwhile
 */
export function chooseMask(
  model: Decoder,
  blocks: TokenBlocks,
  settings: PruneSettings,
  progress: Pick<RunState, 'choice'> = {},
): Choice {
  const choose = settings.choose === 'importance' ? chooseByImportance : chooseByGates;
  return choose(model, blocks, settings, progress);
}

/** Learns gates (GRASPrune, arXiv 2604.19398, section 3). */
async function* chooseByGates(
  model: Decoder,
  blocks: TokenBlocks,
  settings: PruneSettings,
  progress: Pick<RunState, 'choice'>,
): Choice {
  const { stepsPerEpoch, batchAt } = schedule(blocks, settings);
  const { learningRate, beta1, beta2, epsilon } = settings;
  const options: GateOptions = {
    steps: stepsPerEpoch * settings.epochs,
    chooseMask: projectionOf(model.layout, settings).project,
    temperature: settings.tau,
    optimizer: adamW({ learningRate, betas: [beta1, beta2], epsilon }),
  };
  const state = progress.choice ?? initialGateState(model, options);
  progress.choice = state;
  for await (const { step, loss, kept, keptCost } of learnGates(model, batchAt, options, state)) {
    const { length: tokens } = batchAt(step).ids;
    yield { stage: 'gates', step: step + 1, steps: options.steps, loss, tokens, kept, keptCost };
  }
  return { mask: maskFromScores(state, options), losses: state.losses };
}

/** Ranks by squared gate gradients in rounds, under a budget that tightens. */
async function* chooseByImportance(
  model: Decoder,
  blocks: TokenBlocks,
  settings: PruneSettings,
  progress: Pick<RunState, 'choice'>,
): Choice {
  const { layout } = model;
  const { batchAt } = schedule(blocks, { batch: 1, seed: settings.seed });
  const budget = budgetFromKeepRatio(layout, settings.keep);
  const constraints = constraintsOf(settings);
  assertFeasible(layout, budget, constraints);
  const options: ImportanceOptions = {
    rounds: settings.rounds,
    batchesPerRound: settings.roundBlocks,
    chooseMask: (density, share) =>
      projectExact(density, layout, relaxedBudget(layout, budget, share), constraints),
  };
  const steps = settings.rounds * settings.roundBlocks;
  const state = progress.choice ?? initialImportanceState(model);
  progress.choice = state;
  for await (const { step, loss, kept, keptCost } of pruneByImportance(model, batchAt, options, state)) {
    const { length: tokens } = batchAt(step).ids;
    yield { stage: 'importance', step: step + 1, steps, loss, tokens, kept, keptCost };
  }
  return { mask: maskFromImportance(model, state, options), losses: state.losses };
}
