import {
  BudgetBelowFloorError,
  budgetCost,
  createBudget,
  denseCost,
  keptPerBlock,
  maskCost,
} from '@grasp/budget';
import { rows, type TokenBlocks } from '@grasp/calib-data';
import type { Decoder, DecoderCheckpoint } from '@grasp/decoder';
import { MethodError } from '../methods/errors.js';
import { type GivenChoice, methodOf } from '../methods/given-method.js';
import type { PruningMethod } from '../methods/pruning-method.js';
import { type Projection, projectUnder } from '../projection/projection.js';
import type { PruneEvent } from '../run/events.js';
import type { PruneSettings } from '../settings/schema.js';
import type { RunState } from '../state/run-state.js';
import type { ChosenMask } from './choose-mask.js';

/**
 * Chooses the units by a method that looks at the dense model once.
 *
 * @param progress what the method found is state: a resumed run does not ask again.
 * @throws MethodError if scores or a mask do not fit the model, the budgets or the constraints.
 */
export async function* chooseByMethod(
  { model, checkpoint }: { readonly model: Decoder; readonly checkpoint: DecoderCheckpoint },
  method: PruningMethod,
  blocks: TokenBlocks,
  settings: PruneSettings,
  projection: Projection,
  progress: Pick<RunState, 'choice'>,
): AsyncGenerator<PruneEvent, ChosenMask, undefined> {
  const [count, length] = blocks.shape;
  const tokens = method.needs === 'nothing' || method.needs === 'weights' ? 0 : count * length;
  const event = { stage: 'method', method: method.name, tokens } as const;
  let found = progress.choice?.found;
  if (!found) {
    yield { ...event, done: false };
    const batches = Array.from({ length: count }, (_, block) => rows(blocks, [block]));
    const { project, protect } = projection;
    const inputs = {
      model,
      checkpoint,
      batches,
      seed: settings.seed,
      project,
      ...(protect ? { protect } : {}),
    };
    found = 'score' in method ? await method.score(inputs) : await method.mask(inputs);
  }
  assertFits(method.name, found, projection);
  const mask = found instanceof Float32Array ? projection.project(found) : found;
  if (mask === found) assertAllowed(method.name, mask, settings, projection);
  progress.choice = { found }; // not before it is known to fit, so that a corrected method is asked again
  yield { ...event, done: true };
  return { mask, scores: Float32Array.from(found), losses: [] };
}

function assertFits(name: string, found: unknown, { layout }: Projection): void {
  if (found instanceof Float32Array) {
    const bad = found.findIndex((score) => Number.isNaN(score));
    if (found.length === layout.size && bad < 0) return;
    throw new MethodError(
      `The method "${name}" gave ${found.length} scores for ${layout.size} units${bad < 0 ? '' : `; that of unit ${bad} is NaN`}. ` +
        'Give one number for each unit, in layout order.',
    );
  }
  if (found instanceof Uint8Array && found.length === layout.size && found.every((bit) => bit <= 1)) return;
  const what = found instanceof Uint8Array ? `a mask of ${found.length} entries` : `a ${typeof found}`;
  throw new MethodError(
    `The method "${name}" gave ${what} for ${layout.size} units. Give a Float32Array of scores, or a Uint8Array of 0 and 1.`,
  );
}

/**
 * @throws MethodError if scores or a mask of the caller's do not fit the model, its budgets or the settings, or the caller should
 *   choose and does not
 */
export function assertGiven(given: GivenChoice, settings: PruneSettings, projection: Projection): void {
  methodOf(settings, given);
  const { scores, mask } = given;
  if (scores) assertFits('given scores', scores, projection);
  if (!mask) return;
  assertFits('given mask', mask, projection);
  assertAllowed('given mask', mask, settings, projection);
}

/** @throws MethodError if a mask exceeds a budget, or breaks a constraint of the settings. */
function assertAllowed(
  name: string,
  mask: Uint8Array,
  settings: PruneSettings,
  { layout, budgets }: Projection,
): void {
  for (const budget of budgets) {
    const cost = budgetCost(budget, keptPerBlock(layout, mask));
    if (cost <= budget.limit) continue;
    const share = (amount: number) => `${((100 * amount) / denseCost(layout, budget)).toFixed(1)}%`;
    throw new MethodError(
      `The mask of "${name}" keeps ${share(cost)} of the ${budget.name}; the budget allows ${share(budget.limit)}. Raise the budget to that, or keep fewer units.`,
    );
  }
  // A mask that meets the constraints is its own projection onto a budget of just its cost.
  const own = createBudget(layout, { name: 'mask', limit: maskCost(layout, mask) });
  try {
    const allowed = projectUnder(Float32Array.from(mask), layout, [own], settings);
    if (allowed.every((bit, unit) => bit === mask[unit])) return;
  } catch (error) {
    if (!(error instanceof BudgetBelowFloorError)) throw error;
  }
  throw new MethodError(
    `The mask of "${name}" does not meet projection.minimum, projection.protect, projection.only, projection.dropLayers, ` +
      'projection.align or projection.layout. Change the mask, or these settings.',
  );
}
