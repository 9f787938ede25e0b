import { checkChoice } from '../methods/check-choice.js';
import { checkBudget, withDefaultBudget } from './budget.js';
import { METHODS } from './methods.js';
import { refuseOldNames } from './old-names.js';
import { type PruneSettings, settingsSchema } from './schema.js';
import { inPlainWords, settingsError } from './settings-error.js';

type Input = Readonly<Record<string, unknown>>;

const isGroup = (value: unknown): value is Input =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Merges settings group by group. Later inputs win; an undefined value changes nothing. */
function merge(inputs: readonly Input[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const [name, value] of inputs.flatMap((input) => Object.entries(input))) {
    if (value === undefined) continue;
    const earlier = merged[name];
    merged[name] = isGroup(value) && isGroup(earlier) ? { ...earlier, ...defined(value) } : value;
  }
  return merged;
}

const defined = (values: Input): Input =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/**
 * Merges inputs, fills in the defaults of the method and checks all ranges.
 *
 * @param inputs settings in groups; a later input wins over an earlier one. To change parsed settings, pass them first.
 * @throws SettingsError that names each setting that is unknown, renamed or out of range, or has no effect under the
 *   choice.
 */
export function parseSettings(...inputs: readonly Input[]): PruneSettings {
  const input = merge(inputs);
  refuseOldNames(input);
  const { method = 'grasprune' } = input;
  const known = typeof method === 'string' && Object.hasOwn(METHODS, method);
  const defaults = known ? METHODS[method as PruneSettings['method']] : {};
  const settings = merge([defaults, input]);
  const { budget = {} } = settings;
  const complete = { ...settings, budget: isGroup(budget) ? withDefaultBudget(budget) : budget };
  const parsed = settingsSchema.safeParse(complete, { error: inPlainWords });
  if (!parsed.success) throw settingsError(parsed.error);
  checkBudget(parsed.data.budget);
  checkChoice(parsed.data);
  return parsed.data;
}
