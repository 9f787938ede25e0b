import type { TokenBatch } from '@grasp/calib-data';
import {
  type Decoder,
  type DecoderParameters,
  initialLora,
  loraUpdates,
  normCount,
  normScales,
} from '@grasp/decoder';
import { type LoraUpdate, type NormScales, scaleGroup, scalesFromScores } from '@grasp/fold';
import {
  adamW,
  annealed,
  type GradientsOf,
  initialState,
  type ParameterGroup,
  type Parametrisation,
  Random,
  scaledBy,
  train,
  unitName,
} from '@grasp/gates';
import type { PruneEvent } from '../run/events.js';
import type { PruneSettings } from '../settings/schema.js';
import type { RunState } from '../state/run-state.js';
import { type HeldOutResult, keepShare, shareOf } from './keep-share.js';
import { schedule } from './schedule.js';
import { type TeacherBlocks, withTeacher } from './teacher.js';

/** Separates the random numbers of the first LoRA factors from those of the order of blocks. */
const INITIAL_LORA = 1;

/** What tuning found. */
export interface Tuned {
  /** A factor for each kept unit, 0 for the others. */
  readonly scales: Float32Array;
  /** Factors of the norms; empty if norms are not tuned. */
  readonly norms: readonly NormScales[];
  /** To be added to the kept units' matrices; empty without LoRA. */
  readonly lora: readonly LoraUpdate[];
  readonly losses: readonly number[];
  /** Absent without held-out text. */
  readonly heldOut?: HeldOutResult;
}

/** What tuning reads. */
export interface TuningText {
  readonly scaleBlocks: TokenBatch;
  readonly taught: TeacherBlocks;
  /** Text that it does not learn from. */
  readonly heldOut?: TokenBatch | undefined;
}

/** The parameter groups that can be tuned; those that the settings ask for are. */
type Group = 'scales' | 'norms' | 'lora';

/**
 * Tunes the scales of the kept units (GRASPrune, arXiv 2604.19398, section 3) and, if the settings ask for them, the
 * scales of norms and LoRA factors with them, in one loop. Where there is held-out text, the model keeps the share of all
 * this that serves it best. Norms, LoRA, distillation and held-out text are not in the paper.
 *
 * @param progress resumed, and updated in place.
 */
export async function* tune(
  model: Decoder,
  mask: Uint8Array,
  { scaleBlocks, taught, heldOut }: TuningText,
  settings: PruneSettings,
  progress: Pick<RunState, 'tuning'>,
): AsyncGenerator<PruneEvent, Tuned, undefined> {
  const { stepsPerEpoch, blocksAt, batchAt } = schedule(scaleBlocks, {
    batch: settings.text.batch,
    seed: settings.seed,
  });
  const steps = stepsPerEpoch * settings.scales.epochs;
  const loraFactors =
    settings.lora.rank > 0 ? scaledBy(await model.loraScales(mask, settings.lora.rank)) : undefined;
  const groups = groupsOf(model, mask, settings, steps, loraFactors);
  const names = Object.keys(groups) as Group[];
  const under = (values: Partial<Record<Group, Float32Array | undefined>>) =>
    ({ gates: values.scales, norms: values.norms, lora: values.lora }) as DecoderParameters;
  const gradientsOf: GradientsOf<ReturnType<typeof batchAt>, Group> = async (batch, values) => {
    const view = model.under(under(values));
    const wanted = names.map((name) => (name === 'scales' ? 'gates' : name));
    const { loss, gradients } = await view.lossAndGradients(batch, wanted, { units: 'kept' });
    return { loss, gradients: { ...gradients, scales: gradients.gates } };
  };
  const taughtAt = (step: number) =>
    withTeacher(taught, batchAt(step), blocksAt(step), settings.distil.weight);
  const state = progress.tuning ?? initialState(groups);
  progress.tuning = state;
  for await (const { step, loss } of train(gradientsOf, groups, taughtAt, steps, state)) {
    yield { stage: 'scales', step: step + 1, steps, loss, tokens: batchAt(step).ids.length };
  }
  const { alpha } = settings.scales;
  /** The values that a share of the learned parameters stands for. */
  const valuesOf = (share: number) => {
    const { scales, norms, lora } = shareOf(state.parameters, share);
    return {
      scales: scalesFromScores(scales!, mask, alpha),
      norms: norms && scalesFromScores(norms, allOnes(norms.length), alpha),
      lora: lora && loraFactors!(lora, steps).values.slice(),
    };
  };
  const kept =
    heldOut && steps > 0 ? yield* keepShare(model, heldOut, (share) => under(valuesOf(share))) : undefined;
  const { scales, norms, lora } = valuesOf(kept?.share ?? 1);
  return {
    scales,
    norms: norms ? normScales(model.config, norms) : [],
    lora: lora && kept?.share !== 0 ? loraUpdates(model.config, mask, settings.lora.rank, lora) : [],
    losses: state.losses,
    ...(kept ? { heldOut: kept } : {}),
  };
}

function groupsOf(
  { config, layout }: Decoder,
  mask: Uint8Array,
  settings: PruneSettings,
  steps: number,
  loraFactors: Parametrisation | undefined,
): Record<Group, ParameterGroup> {
  const { lora, scales, seed } = settings;
  const { learningRate, beta1, beta2, epsilon } = settings.optimizer;
  const optimizer = (rate: number) =>
    adamW({
      learningRate: scales.schedule === 'annealed' ? annealed(rate, steps) : rate,
      betas: [beta1, beta2],
      epsilon,
    });
  const random = new Random(seed, INITIAL_LORA);
  const groups: Partial<Record<Group, ParameterGroup>> = {
    scales: {
      ...scaleGroup(mask, optimizer(learningRate), scales.alpha),
      entryName: (unit) => unitName(layout, unit),
    },
  };
  if (scales.targets === 'units+norms' || lora.rank > 0)
    groups.norms = scaleGroup(allOnes(normCount(config)), optimizer(learningRate), scales.alpha);
  if (loraFactors) {
    const initial = initialLora(config, mask, lora.rank, () => random.next() / 2 ** 32);
    groups.lora = { initial, optimizer: optimizer(lora.learningRate), parametrisation: loraFactors };
  }
  return groups as Record<Group, ParameterGroup>;
}

const allOnes = (length: number): Uint8Array => new Uint8Array(length).fill(1);
