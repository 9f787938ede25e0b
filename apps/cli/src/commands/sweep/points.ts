import { isDeepStrictEqual } from 'node:util';
import {
  BUDGET_NAMES,
  type BudgetName,
  importancePlan,
  type PruneSettings,
  parseSettings,
  SettingsError,
  settingLeaves,
} from '@grasp/prune';
import { valueOfFlag } from '../../shared/run/flags.js';
import { budgetsOf, type RunOptions, runOptions } from '../../shared/run/options.js';

/** One budget of a sweep. */
export interface SweepPoint {
  /** The value as it was written: `0.5`, `80M`. */
  readonly value: string;
  /** Name of the point's folder: `keep-0.5`. */
  readonly name: string;
  readonly settings: PruneSettings;
}

export interface Sweep {
  /** The budget that varies. Other budgets are the same at each point. */
  readonly budget: BudgetName;
  /** From the largest budget to the smallest. */
  readonly points: readonly SweepPoint[];
  /** The point at which scores are learned. Default: the smallest budget. */
  readonly learning: SweepPoint;
  /** Options that all points share. */
  readonly options: RunOptions;
}

/** Ratios of the paper's tables. */
export const DEFAULT_KEEP = ['0.8', '0.6', '0.5', '0.4'];

/** Name of the flag of a budget. */
const flagOf = (budget: BudgetName): string =>
  settingLeaves.find(({ path }) => path === `budget.${budget}`)!.flag;

/**
 * The points of a sweep. The flags of budgets hold lists of values; only one of them may hold several. A budget of the
 * config file is one point, if no flag gives a budget.
 *
 * @throws SettingsError if several budgets have several values, or a value is not valid.
 */
export async function sweepOf(
  flags: Readonly<Record<string, unknown>>,
  { config, learnAt }: { readonly config?: string | undefined; readonly learnAt?: string | undefined },
): Promise<Sweep> {
  const given = BUDGET_NAMES.filter((name) => flags[name] !== undefined);
  const list = (name: BudgetName) => flags[name] as readonly string[];
  const several = given.filter((name) => list(name).length > 1);
  if (several.length > 1) {
    throw new SettingsError(
      `Only one budget can vary. Several values were given for ${several.map((name) => `--${flagOf(name)}`).join(' and ')}.`,
      [...several],
    );
  }
  const inFile = config === undefined ? {} : await budgetsOf(config);
  const budget = several[0] ?? given[0] ?? BUDGET_NAMES.find((name) => inFile[name] !== undefined) ?? 'keep';
  const others = Object.fromEntries(given.map((name) => [name, amount(name, list(name)[0]!)]));
  const optionsAt = (value: string) =>
    runOptions({ ...flags, ...others, [budget]: amount(budget, value) }, config);
  const pointAt = async (value: string): Promise<SweepPoint> => {
    const { settings } = await optionsAt(value);
    return { value, name: `${flagOf(budget)}-${value.replaceAll(' ', '')}`, settings };
  };
  const size = ({ settings }: SweepPoint) => Number(settings.budget[budget]);
  const only = inFile[budget] === undefined ? undefined : [String(inFile[budget])];
  const asked = list(budget) ?? only ?? DEFAULT_KEEP;
  const values = [...new Set(asked.map((value) => String(amount(budget, value))))];
  const points = (await Promise.all(values.map(pointAt))).sort((a, b) => size(b) - size(a));
  const learning = learnAt === undefined ? points.at(-1)! : await pointAt(learningValue(budget, learnAt));
  return {
    budget,
    points: points.map((point) => ({ ...point, settings: asLearned(point.settings, learning.settings) })),
    learning,
    options: await optionsAt(learning.value),
  };
}

/** Whether a folder is named by a budget of the settings, as the folder of a point is. */
export function isPointName(name: string, settings: PruneSettings): boolean {
  return BUDGET_NAMES.some((budget) => {
    const start = `${flagOf(budget)}-`;
    if (!name.startsWith(start)) return false;
    try {
      const value = amount(budget, name.slice(start.length));
      return (
        parseSettings(settings, { budget: { [budget]: value } }).budget[budget] === settings.budget[budget]
      );
    } catch {
      return false;
    }
  });
}

/** The settings of a point, with the plan by which the importance was measured: by itself, a budget may have another. */
function asLearned(settings: PruneSettings, learning: PruneSettings): PruneSettings {
  if (settings.choice !== 'importance') return settings;
  const [own, plan] = [importancePlan(settings), importancePlan(learning)];
  const isSame = isDeepStrictEqual(own, plan);
  return isSame ? settings : parseSettings(settings, { importance: plan }); // keys in the order in which records are read
}

/** The value of a budget: a number, or a text with a unit. */
const amount = (budget: BudgetName, text: string): number | string =>
  valueOfFlag(`budget.${budget}`, text) as number | string;

/** @throws SettingsError if the text is no value of the budget. */
function learningValue(budget: BudgetName, text: string): string {
  try {
    return String(amount(budget, text));
  } catch (error) {
    throw new SettingsError(`--learn-at ${JSON.stringify(text)}: ${(error as Error).message}`, ['learn-at']);
  }
}

/** @throws SettingsError if a value is not a point of the sweep. */
export function pointsNamed({ points, budget }: Sweep, values: readonly string[]): Set<SweepPoint> {
  const pointOf = (text: string): SweepPoint | undefined => {
    try {
      const value = String(amount(budget, text));
      return points.find((each) => each.value === value);
    } catch {
      return undefined;
    }
  };
  return new Set(
    values
      .flatMap((text) => text.split(','))
      .map((text) => {
        const point = pointOf(text);
        if (point) return point;
        const known = points.map((each) => each.value).join(', ');
        const message = `--export ${text || '""'}: the sweep of --${flagOf(budget)} has the points ${known}.`;
        throw new SettingsError(message, ['export']);
      }),
  );
}
