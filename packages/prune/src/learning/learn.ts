import type { TokenBlocks } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import type { BiasUpdate, LoraUpdate, NormScales, ReplacedColumns } from '@grasp/fold';
import type { Projection } from '../projection/projection.js';
import type { PruneEvent } from '../run/events.js';
import type { PruneSettings } from '../settings/schema.js';
import type { RunState } from '../state/run-state.js';
import { type ChoiceSource, chooseMask } from './choose-mask.js';
import { compensate } from './compensate.js';
import { splitHeldOut } from './held-out.js';
import type { HeldOutResult } from './keep-share.js';
import { refit } from './refit.js';
import { askTeacher, type TeacherBlocks, taughtBlocks } from './teacher.js';
import { tune } from './tune.js';

/** What a run learns. */
export interface Learned {
  /** 1 for each kept unit. */
  readonly mask: Uint8Array;
  /** See `ChosenMask`. */
  readonly scores: Float32Array;
  /** A factor for each kept unit, 0 for the others. */
  readonly scales: Float32Array;
  /** Factors of the norms; empty if norms are not tuned. */
  readonly norms: readonly NormScales[];
  /** Columns of output matrices that the refit replaced; empty without a refit. */
  readonly replaced: readonly ReplacedColumns[];
  /** What FLAP's compensation adds to biases; empty without it. */
  readonly biases: readonly BiasUpdate[];
  /** LoRA updates of the kept units' matrices; empty without LoRA. */
  readonly lora: readonly LoraUpdate[];
  /** What held-out text says of tuning; absent without such text. */
  readonly heldOut?: HeldOutResult;
  readonly losses: { readonly gates: readonly number[]; readonly scales: readonly number[] };
}

/** The checkpoint of the model, and the text of both stages. The paper's code takes the training split for gates and the validation split for scales. */
export interface LearningData extends ChoiceSource {
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
}

/**
 * Chooses the units to keep, refits the weights around them if the settings ask for it, then tunes scales, norms and
 * LoRA (GRASPrune, arXiv 2604.19398, section 3; refit, norms, LoRA and distillation are not in the paper).
 *
 * @param projection the budgets that the mask meets.
 * @param progress resumed, and updated in place. The refit and the teacher's targets are computed again: they depend on
 *   the mask and the text alone.
 */
export async function* learn(
  model: Decoder,
  { gateBlocks, scaleBlocks, ...source }: LearningData,
  settings: PruneSettings,
  projection: Projection,
  progress: Pick<RunState, 'choice' | 'tuning'> = {},
): AsyncGenerator<PruneEvent, Learned, undefined> {
  const { mask, scores, losses } = yield* chooseMask(
    model,
    source,
    gateBlocks,
    settings,
    projection,
    progress,
  );
  const taught: TeacherBlocks = [];
  const { learned, heldOut } = splitHeldOut(settings, scaleBlocks);
  const apart = gateBlocks !== scaleBlocks;
  const ofRefit = apart ? gateBlocks : learned;
  const sizes = { gates: ofRefit.shape[0], scales: learned.shape[0], apart };
  const { total, byRefit } = taughtBlocks(settings, sizes);
  // A refit with error compensation reads the first blocks with the dense model anyway. The others are read before it,
  // while the model is dense.
  yield* askTeacher(model, scaleBlocks, [byRefit, total], taught);
  const replaced =
    settings.refit.mode === 'sequential'
      ? yield* refit(model, mask, ofRefit, settings, { taught, taughtBlocks: byRefit })
      : [];
  const biases =
    settings.refit.mode === 'bias' ? yield* compensate(model, source, mask, gateBlocks, settings) : [];
  const { losses: ofTuning, ...tuned } = yield* tune(
    model,
    mask,
    { scaleBlocks: learned, taught, heldOut },
    settings,
    progress,
  );
  return { mask, scores, replaced, biases, ...tuned, losses: { gates: losses, scales: ofTuning } };
}
