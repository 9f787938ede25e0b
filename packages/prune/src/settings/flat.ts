import { metaOf } from './group.js';
import { OLD_NAMES } from './old-names.js';
import { type PruneSettings, settingLeaves, settingsSchema } from './schema.js';

/** Every setting that has a value, by its dotted path: `['budget.keep', 0.5]`. */
export function settingEntries(settings: PruneSettings): [path: string, value: unknown][] {
  return settingLeaves.flatMap(({ path }): [string, unknown][] => {
    const value = valueAt(settings, path);
    return value === undefined ? [] : [[path, value]];
  });
}

function valueAt(settings: PruneSettings, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], settings);
}

const oldByPath = new Map<string, string>(Object.entries(OLD_NAMES).map(([name, path]) => [path, name]));

/**
 * The settings by the flat names that earlier releases used; settings that are newer go by their paths. Keys of results
 * that earlier releases stored are made of this.
 */
export function flatSettings(settings: PruneSettings): Record<string, unknown> {
  return Object.fromEntries(
    settingEntries(settings).map(([path, value]) => [oldByPath.get(path) ?? path, value]),
  );
}

/** Settings as far as they decide which units are chosen. Groups that take effect later have their defaults. */
export function choiceSettings(settings: PruneSettings): PruneSettings {
  const later = Object.entries(settingsSchema.shape).filter(
    ([, schema]) => metaOf(schema).afterChoice === true,
  );
  const defaults = settingsSchema.parse({});
  const reset = Object.fromEntries(later.map(([name]) => [name, defaults[name as keyof PruneSettings]]));
  return { ...settings, ...reset };
}
