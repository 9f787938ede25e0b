import {
  assertFeasibleWithoutLayers,
  type Budget,
  BudgetBelowFloorError,
  BudgetError,
  type Constraints,
  denseCost,
  keepWhole,
  type Layout,
  projectGreedyPrefix,
  projectWithoutLayers,
} from '@grasp/budget';
import { configOf, type DecoderConfig, decoderLayout, modelTensors } from '@grasp/decoder';
import { relaxedBudget } from '@grasp/gates';
import { parseSettings } from '../settings/parse.js';
import { counted } from '../settings/quantity.js';
import type { PruneSettings } from '../settings/schema.js';
import { SettingsError } from '../settings/settings-error.js';
import { BudgetTooSmallError } from './budget-too-small-error.js';
import { budgetsOf, type ModelHeaders, type StatedBudget } from './budgets.js';
import { constraintsOf, wholeOf } from './constraints.js';

/** Projects scores onto the budgets and constraints of one model. */
export interface Projection {
  readonly layout: Layout;
  /** One or more. Every mask meets all of them. */
  readonly budgets: readonly StatedBudget[];
  /** 1 for each unit that no mask removes. Absent if there is none. */
  readonly protect?: Uint8Array;
  /** The mask for a vector of scores, by the rule of the settings. */
  project(scores: Float32Array): Uint8Array;
  /** The exact mask when only `share` of the excess over each budget has been removed. */
  projectShare(scores: Float32Array, share: number): Uint8Array;
}

/**
 * The projection that the settings describe, for a dense model.
 *
 * @throws BudgetError, BudgetTooSmallError or SettingsError if no mask can meet the settings.
 */
export function projectionOf(model: ModelHeaders, settings: PruneSettings): Projection {
  const config = configOf(model);
  const layout = decoderLayout(config);
  assertPrunable(config, settings);
  const budgets = budgetsOf(model, settings);
  const constraints = constraintsOf(layout, settings);
  const { dropLayers = 0 } = settings.projection;
  const whole = wholeOf(settings);
  assertDroppable(layout, constraints, dropLayers);
  const projectShare = (scores: Float32Array, share: number) => {
    const relaxed = budgets.map((budget) => relaxedBudget(layout, budget, share));
    try {
      return projectUnder(scores, layout, relaxed, settings, { share, constraints });
    } catch (error) {
      if (dropLayers === 0 || share >= 1 || !(error instanceof BudgetBelowFloorError)) throw error;
      // The layers that go later would leave no room now.
      return projectUnder(scores, layout, relaxed, settings, { constraints });
    }
  };
  if (usesPaperRule(settings)) {
    assertPaperSupports(settings);
    return { layout, budgets, projectShare, project: (p) => projectGreedyPrefix(p, layout, budgets[0]!) };
  }
  assertRoom(layout, budgets, constraints, settings);
  if (settings.projection.minimum === 0 || whole || dropLayers > 0)
    assertModelIsLeft(model, settings, projectShare(new Float32Array(layout.size), 1));
  const { protect } = constraints;
  const project = (scores: Float32Array) => projectShare(scores, 1);
  return { layout, budgets, ...(protect ? { protect } : {}), projectShare, project };
}

/**
 * The mask for a vector of scores under any budgets, by the constraints of the settings.
 *
 * @param share part of the layers of `projection.dropLayers` that is removed. Default: 1.
 * @param constraints `constraintsOf` these settings, if they are known.
 */
export function projectUnder(
  scores: Float32Array,
  layout: Layout,
  budgets: readonly Budget[],
  settings: PruneSettings,
  {
    share = 1,
    constraints = constraintsOf(layout, settings),
  }: { readonly share?: number; readonly constraints?: Constraints } = {},
): Uint8Array {
  const { dropLayers = 0 } = settings.projection;
  const whole = wholeOf(settings);
  if (whole) return keepWhole(scores, layout, budgets, { whole, protect: constraints.protect });
  const count = share >= 1 ? dropLayers : Math.floor(share * dropLayers);
  return projectWithoutLayers(scores, layout, budgets, count, constraints);
}

/** @throws SettingsError if too many layers have units that are never removed. */
function assertDroppable({ blocks }: Layout, { protect }: Constraints, dropLayers: number): void {
  if (!protect || dropLayers === 0) return;
  const layers = new Set(blocks.map(({ layer }) => layer));
  for (const { layer, start, count } of blocks)
    if (protect.subarray(start, start + count).includes(1)) layers.delete(layer);
  if (layers.size >= dropLayers) return;
  throw new SettingsError(
    `projection.dropLayers ${dropLayers}: ${counted(layers.size, 'layer')} may be removed, because projection.protect or projection.only keeps ` +
      'units of the others. Leave one of these settings out.',
    ['projection.dropLayers', 'projection.protect', 'projection.only'],
  );
}

/** @throws BudgetTooSmallError if the units that must be kept exceed a budget. */
function assertRoom(
  layout: Layout,
  budgets: readonly StatedBudget[],
  constraints: Constraints,
  settings: PruneSettings,
): void {
  for (const budget of budgets) {
    try {
      assertFeasibleWithoutLayers(layout, budget, settings.projection.dropLayers ?? 0, constraints);
    } catch (error) {
      if (!(error instanceof BudgetBelowFloorError)) throw error;
      throw new BudgetTooSmallError(budget.setting, settings, error, denseCost(layout, budget));
    }
  }
}

/**
 * @throws SettingsError if KV groups should be pruned, and cannot be; if all layers should be removed; if whole ones cannot have
 *   the widths that are asked for.
 */
function assertPrunable({ groupGate, architecture, layers }: DecoderConfig, settings: PruneSettings): void {
  const { only, dropLayers = 0 } = settings.projection;
  if (dropLayers >= layers.length) {
    throw new SettingsError(
      `projection.dropLayers ${dropLayers}: the model has ${counted(layers.length, 'layer')}. Leave at least one.`,
      ['projection.dropLayers'],
    );
  }
  if (dropLayers > 0 && wholeOf(settings)) {
    throw new SettingsError(
      `projection.only ${only} removes as many as the budget asks for. Leave out projection.dropLayers.`,
      ['projection.dropLayers', 'projection.only'],
    );
  }
  if (wholeOf(settings)) assertWidths(layers, settings);
  if (groupGate !== 'none' || ((only === undefined || only === 'ffn') && dropLayers === 0)) return;
  throw new SettingsError(
    `Attention of ${architecture.modelType} cannot be pruned: one norm covers the queries, or keys, of all heads. ` +
      'Prune FFN channels.',
    [dropLayers > 0 ? 'projection.dropLayers' : 'projection.only'],
  );
}

/** @throws SettingsError if whole layers or sublayers, which keep all of their units, cannot meet a constraint on widths. */
function assertWidths(
  layers: DecoderConfig['layers'],
  { projection: { only, align, layout, minimum } }: PruneSettings,
): void {
  const unmet = [
    ...(layers.some(({ channels }) => channels % align !== 0) ? [`projection.align ${align}`] : []),
    ...(layout === 'uniform' && only === 'sublayers' ? ['projection.layout uniform'] : []),
    ...(minimum > 1 ? [`projection.minimum ${minimum}`] : []),
  ];
  if (unmet.length === 0) return;
  throw new SettingsError(
    `projection.only ${only} keeps or removes whole ones, which cannot meet ${unmet.join(' and ')}. Leave that out.`,
    ['projection.only', ...unmet.map((setting) => setting.split(' ')[0]!)],
  );
}

/** Whether masks come from the paper's greedy prefix. Importance always uses the exact projection. */
export const usesPaperRule = ({ projection, choice }: PruneSettings): boolean =>
  projection.rule === 'paper' && choice === 'gates';

/** The paper's rule supports one keep ratio and no constraints. */
function assertPaperSupports(settings: PruneSettings): void {
  const plain = parseSettings({ budget: { keep: settings.budget.keep ?? 1 } });
  const supported = ['keep', 'flopsContext', 'rule'];
  const unsupported = (['budget', 'projection'] as const).flatMap((group) => {
    const expected: Readonly<Record<string, unknown>> = plain[group];
    return Object.entries(settings[group])
      .filter(([name, value]) => !supported.includes(name) && value !== expected[name])
      .map(([name]) => `${group}.${name}`);
  });
  if (unsupported.length === 0) return;
  throw new SettingsError(
    `The paper's projection does not support ${unsupported.join(', ')}. Leave them out, or use projection.rule exact.`,
    ['projection.rule', ...unsupported],
  );
}

/** Checks a model that may lose whole blocks: some unit must stay, and no bias may outlive its block. */
function assertModelIsLeft(model: ModelHeaders, settings: PruneSettings, mask: Uint8Array): void {
  const { tensors } = modelTensors(model, configOf(model));
  if (!mask.includes(1))
    throw new BudgetError('No unit of the model fits into the budget. Raise the budget.');
  const bias = [...tensors.keys()].find((name) => /(self_attn\.o|mlp\.down)_proj\.bias$/.test(name));
  if (bias === undefined) return;
  const { dropLayers, only } = settings.projection;
  const [path, remedy] =
    dropLayers !== undefined
      ? ['projection.dropLayers', 'Leave projection.dropLayers out.']
      : wholeOf(settings)
        ? ['projection.only', `Leave projection.only ${only} out.`]
        : ['projection.minimum', 'Use projection.minimum 1.'];
  throw new SettingsError(
    `The model has ${bias}, which would still be added after all units of its block are removed. ${remedy}`,
    [path],
  );
}
