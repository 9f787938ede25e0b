import {
  assertFeasible,
  type Constraints,
  type Layout,
  LayoutError,
  matchUnits,
  projectExact,
  projectGreedyPrefix,
} from '@grasp/budget';
import { decoderConfig, decoderLayout } from '@grasp/decoder';
import { relaxedBudget } from '@grasp/gates';
import { budgetsOf, type ModelHeaders, type StatedBudget } from './budgets.js';
import type { PruneSettings } from './settings.js';
import { SettingsError } from './settings-error.js';

/** The way from scores to masks for one model, its budgets and constraints bound. */
export interface Projection {
  readonly layout: Layout;
  /** At least one; the mask meets all. */
  readonly budgets: readonly StatedBudget[];
  /** The mask, by the rule of the settings. */
  project(scores: Float32Array): Uint8Array;
  /** The mask, exactly, when only a share of what the budgets want removed is gone. */
  projectShare(scores: Float32Array, share: number): Uint8Array;
}

/**
 * The budgets of the settings for a dense model, and the projection onto them.
 *
 * @throws BudgetError, BudgetBelowFloorError, SettingsError before any work is done.
 */
export function projectionOf(model: ModelHeaders, settings: PruneSettings): Projection {
  const layout = decoderLayout(decoderConfig(model.config));
  const budgets = budgetsOf(model, settings);
  const constraints = constraintsOf(layout, settings);
  const projectShare = (scores: Float32Array, share: number) => {
    const relaxed = budgets.map((budget) => relaxedBudget(layout, budget, share));
    return projectExact(scores, layout, relaxed, constraints);
  };
  if (settings.projection === 'paper' && settings.choose === 'gates') {
    assertPaperKnows(settings);
    return { layout, budgets, projectShare, project: (p) => projectGreedyPrefix(p, layout, budgets[0]!) };
  }
  assertFeasible(layout, budgets, constraints);
  if (settings.minimum === 0) assertModelIsLeft(model, projectShare(new Float32Array(layout.size), 1));
  return { layout, budgets, projectShare, project: (scores) => projectShare(scores, 1) };
}

/** What the settings ask of the widths. */
export function constraintsOf(layout: Layout, settings: PruneSettings): Constraints {
  const { align, minimum } = settings;
  const protect = protectedUnits(layout, settings);
  const has = (kind: string) => layout.blocks.some((block) => block.kind === kind);
  return {
    minimum,
    ...(protect ? { protect } : {}),
    ...(settings.layout === 'uniform' ? { uniform: ['ffn', 'kv'].filter(has) } : {}),
    ...(align > 1 && has('ffn') ? { multipleOf: { ffn: align } } : {}),
  };
}

/** Units that a pattern names, and those of the kind that is not to be pruned. */
function protectedUnits(layout: Layout, { protect = [], only }: PruneSettings): Uint8Array | undefined {
  const other = only === undefined ? [] : [only === 'ffn' ? '*.kv' : '*.ffn'];
  if (protect.length + other.length === 0) return undefined;
  const units = new Uint8Array(layout.size);
  for (const pattern of [...protect, ...other]) {
    const matched = matchedUnits(layout, pattern);
    if (!matched) {
      throw new SettingsError(
        `protect: no unit of the model matches "${pattern}". Names are layers.N, layers.N.ffn, layers.N.kv or ` +
          'layers.N.ffn.I, and * stands for anything.',
        ['protect'],
      );
    }
    matched.forEach((match, unit) => {
      if (match === 1) units[unit] = 1;
    });
  }
  return units;
}

/** The paper's rule has one budget and one unit of each block, and nothing else. */
function assertPaperKnows(settings: PruneSettings): void {
  const unknown = [
    ...(['params', 'size', 'flops', 'kvBytes', 'latency', 'protect', 'only'] as const).filter(
      (name) => settings[name] !== undefined,
    ),
    ...(settings.layout === 'free' ? [] : ['layout']),
    ...(settings.align === 1 ? [] : ['align']),
    ...(settings.minimum === 1 ? [] : ['minimum']),
  ];
  if (unknown.length === 0) return;
  throw new SettingsError(
    `The paper's projection knows no ${unknown.join(', ')}: leave them out, or project exactly.`,
    ['projection', ...unknown],
  );
}

/** What a model without a minimum must still be: something, and nothing that only a unit can hold. */
function assertModelIsLeft({ tensors }: ModelHeaders, mask: Uint8Array): void {
  if (!mask.includes(1))
    throw new SettingsError('No unit of the model fits into the budget: raise it.', ['minimum']);
  const bias = [...tensors.keys()].find((name) => /(self_attn\.o|mlp\.down)_proj\.bias$/.test(name));
  if (bias === undefined) return;
  throw new SettingsError(
    `The model has ${bias}, which would still be added where all units are gone. Keep at least one: --minimum 1.`,
    ['minimum'],
  );
}

/** The units that a pattern matches, or undefined if there are none. */
function matchedUnits(layout: Layout, pattern: string): Uint8Array | undefined {
  try {
    return matchUnits(layout, pattern);
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
