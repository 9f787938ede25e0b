import type { TokenBlocks } from '@grasp/calib-data';
import type { Decoder, DecoderCheckpoint, TokenBatch } from '@grasp/decoder';
import {
  adamW,
  type GateOptions,
  gateProbabilities,
  type ImportanceOptions,
  initialGateState,
  initialImportanceState,
  learnGates,
  maskFromImportance,
  maskFromScores,
  pruneByImportance,
} from '@grasp/gates';
import { type GivenChoice, methodOf } from '../methods/given-method.js';
import { obsWithin } from '../methods/obs/obs-within.js';
import { addingMoments, addOutputMoments, type OutputMoments } from '../methods/obs/output-moments.js';
import { scoresOfMask } from '../methods/obs/scores-of-mask.js';
import type { Projection } from '../projection/projection.js';
import type { PruneEvent } from '../run/events.js';
import { relay } from '../run/relay.js';
import type { PruneSettings } from '../settings/schema.js';
import type { RunState } from '../state/run-state.js';
import { chooseByMethod } from './choose-by-method.js';
import { importancePlan } from './importance-plan.js';
import { schedule } from './schedule.js';

/** The chosen units, and the loss of each step that led there. */
export interface ChosenMask {
  /** 1 for each kept unit. */
  readonly mask: Uint8Array;
  /**
   * One score per unit, below 0 for units that an earlier round removed. The mask is their projection, unless a method gave
   * the mask.
   */
  readonly scores: Float32Array;
  readonly losses: readonly number[];
}

/** What methods look at besides the model and the text. */
export interface ChoiceSource extends GivenChoice {
  readonly checkpoint: DecoderCheckpoint;
}

type Choice = AsyncGenerator<PruneEvent, ChosenMask, undefined>;

/**
 * Chooses the units to keep, by the rule that the settings name.
 *
 * @param projection the budgets that hold at every step.
 * @param source the model's checkpoint, which methods may look at, and what a caller gives in place of a built-in choice.
 * @param progress resumed, and updated in place.
 * @throws MethodError if what a method found does not fit the model or its budgets.
 */
export function chooseMask(
  model: Decoder,
  source: ChoiceSource,
  blocks: TokenBlocks,
  settings: PruneSettings,
  projection: Projection,
  progress: Pick<RunState, 'choice'> = {},
): Choice {
  const method = methodOf(settings, source);
  if (method) return chooseByMethod({ model, ...source }, method, blocks, settings, projection, progress);
  if (settings.choice === 'gates') return chooseByGates(model, blocks, settings, projection, progress);
  return chooseByImportance(model, source, blocks, settings, projection, progress);
}

/** Learns gates (GRASPrune, arXiv 2604.19398, section 3). */
async function* chooseByGates(
  model: Decoder,
  blocks: TokenBlocks,
  settings: PruneSettings,
  { project }: Projection,
  progress: Pick<RunState, 'choice'>,
): Choice {
  const { gates, optimizer, text, seed } = settings;
  const { stepsPerEpoch, batchAt } = schedule(blocks, { batch: text.batch, seed });
  const { learningRate, beta1, beta2, epsilon } = optimizer;
  const options: GateOptions = {
    steps: stepsPerEpoch * gates.epochs,
    chooseMask: project,
    temperature: gates.tau,
    optimizer: adamW({ learningRate, betas: [beta1, beta2], epsilon }),
  };
  const state = progress.choice?.gates ?? initialGateState(model, options);
  progress.choice = { gates: state };
  for await (const { step, loss, kept, keptCost } of learnGates(model, batchAt, options, state)) {
    const { length: tokens } = batchAt(step).ids;
    yield { stage: 'gates', step: step + 1, steps: options.steps, loss, tokens, kept, keptCost };
  }
  const scores = gateProbabilities(state.parameters.gates!, gates.tau);
  return { mask: maskFromScores(state, options), scores, losses: state.losses };
}

/** Iterative pruning by importance, under a budget that tightens; then, if the settings say so, anew within each layer. */
async function* chooseByImportance(
  model: Decoder,
  { checkpoint }: ChoiceSource,
  blocks: TokenBlocks,
  settings: PruneSettings,
  { project, projectShare, protect }: Projection,
  progress: Pick<RunState, 'choice'>,
): Choice {
  const { batchAt } = schedule(blocks, { batch: 1, seed: settings.seed });
  const { rounds, blocksPerRound, within } = importancePlan(settings, blocks.shape[0]);
  const options: ImportanceOptions = {
    rounds,
    batchesPerRound: blocksPerRound,
    chooseMask: projectShare,
  };
  const steps = rounds * blocksPerRound;
  const state = progress.choice?.importance ?? initialImportanceState(model);
  progress.choice = { importance: state };
  const moments: OutputMoments | undefined = within === 'obs' ? new Map() : undefined;
  const read = Math.min(state.step, blocksPerRound); // by the run that is resumed, whose moments are gone
  const first = (count: number) => Array.from({ length: count }, (_, step) => batchAt(step));
  if (moments) yield* readAgain(moments, model, first(read));
  const asked = moments ? addingMoments(moments, model, blocksPerRound - read) : model;
  for await (const { step, loss, kept, keptCost } of pruneByImportance(asked, batchAt, options, state)) {
    const { length: tokens } = batchAt(step).ids;
    yield { stage: 'importance', step: step + 1, steps, loss, tokens, kept, keptCost };
  }
  const important = maskFromImportance(model, state, options);
  if (!moments) return { mask: important, scores: state.scores, losses: state.losses };
  const batches = first(Math.min(blocks.shape[0], steps));
  yield* readAgain(moments, model, batches.slice(blocksPerRound));
  const inputs = { model, checkpoint, batches, ...(protect ? { protect } : {}) };
  const all = batches.length * blocks.shape[1];
  const chosen = yield* relay<PruneEvent, Uint8Array>((emit) =>
    obsWithin(inputs, important, moments, (step, steps) =>
      emit({ stage: 'surgery', step, steps, tokens: Math.round(all / steps) }),
    ),
  );
  const scores = scoresOfMask(model.layout, state.scores, chosen, protect);
  return { mask: project(scores), scores, losses: state.losses };
}

/** Adds the moments of batches that importance reads in another process, or under another mask. */
async function* readAgain(
  moments: OutputMoments,
  model: Decoder,
  batches: readonly TokenBatch[],
): AsyncGenerator<PruneEvent, void, undefined> {
  for (const [i, batch] of batches.entries()) {
    await addOutputMoments(moments, model, batch);
    yield { stage: 'surgery', step: i + 1, steps: batches.length, tokens: batch.ids.length };
  }
}
