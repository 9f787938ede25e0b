import {
  BUDGET_NAMES,
  type BudgetName,
  type PruneSettings,
  parseSettings,
  SettingsError,
} from '@grasp/prune';
import { methodSettings, type RunOptions, runOptions } from '../prune/options.js';

/** One budget of a sweep. */
export interface SweepPoint {
  /** As it was written: `0.5`, `80M`. */
  readonly value: string;
  /** `keep-0.5`: what its folder is called. */
  readonly name: string;
  readonly settings: PruneSettings;
}

export interface Sweep {
  /** The budget that is swept; others are the same at each point. */
  readonly budget: BudgetName;
  /** From the largest to the smallest. */
  readonly points: readonly SweepPoint[];
  /** The budget that scores are learned under: the smallest, unless told otherwise. */
  readonly learning: SweepPoint;
  /** What is the same for all. */
  readonly options: RunOptions;
}

/** Ratios of the paper's tables. */
const DEFAULT_KEEP = '0.8,0.6,0.5,0.4';

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const list = (text: unknown): string[] => String(text).split(',').filter(Boolean);

/**
 * The points that flags ask for: budgets hold values with commas between, at most one of them several.
 *
 * @throws SettingsError for several lists, or a value that is no budget.
 */
export async function sweepOf(
  flags: Readonly<Record<string, unknown>>,
  { config, learnAt }: { readonly config?: string | undefined; readonly learnAt?: string | undefined },
): Promise<Sweep> {
  const given = BUDGET_NAMES.filter((name) => flags[name] !== undefined);
  const several = given.filter((name) => list(flags[name]).length > 1);
  if (several.length > 1) {
    throw new SettingsError(`Only one budget can be swept; ${several.join(' and ')} have several values.`, [
      ...several,
    ]);
  }
  const budget = several[0] ?? given[0] ?? 'keep';
  const others = Object.fromEntries(given.map((name) => [name, amount(list(flags[name])[0] ?? '')]));
  const optionsAt = (value: string) => runOptions({ ...flags, ...others, [budget]: amount(value) }, config);
  const pointAt = async (value: string): Promise<SweepPoint> => {
    const settings = await methodSettings(await optionsAt(value));
    return { value, name: `${kebab(budget)}-${value.replaceAll(' ', '')}`, settings };
  };
  const size = ({ settings }: SweepPoint) => Number(settings[budget]);
  const values = [...new Set(list(flags[budget] ?? DEFAULT_KEEP))];
  const points = (await Promise.all(values.map(pointAt))).sort((a, b) => size(b) - size(a));
  const learning = learnAt === undefined ? points.at(-1)! : await pointAt(learnAt);
  return { budget, points, learning, options: await optionsAt(learning.value) };
}

/** A number where it is one, else text with a unit. */
const amount = (text: string): number | string => (Number.isNaN(Number(text)) ? text : Number(text));

/** Settings as far as they decide the scores: what comes after may differ from one use of them to the next. */
export function scoreSettings(settings: PruneSettings): PruneSettings {
  const { refit, refitBlocks, damping, recover } = parseSettings();
  const { scaleEpochs, scales, scaleRate, alpha, rank, rankRate, distill, distillBlocks } = parseSettings();
  const ofRefit = { refit, refitBlocks, damping, recover };
  const ofTuning = { scaleEpochs, scales, scaleRate, alpha, rank, rankRate, distill, distillBlocks };
  return { ...settings, ...ofRefit, ...ofTuning };
}

/** @throws SettingsError for a value that is no point of the sweep. */
export function pointsNamed({ points, budget }: Sweep, values: readonly string[]): Set<SweepPoint> {
  return new Set(
    values.flatMap(list).map((value) => {
      const point = points.find((each) => each.value === value);
      if (point) return point;
      const known = points.map((each) => each.value).join(', ');
      throw new SettingsError(`--export ${value}: the sweep of ${budget} has the points ${known}.`, [
        'export',
      ]);
    }),
  );
}
