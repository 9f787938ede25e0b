import { parseSettings } from '../src/settings/parse.js';
import type { PruneSettings } from '../src/settings/schema.js';

/** Settings by dotted path, the rest being defaults: `settingsAt({ 'lora.rank': 2 })`. */
export function settingsAt(values: Readonly<Record<string, unknown>>): PruneSettings {
  return parseSettings(
    ...Object.entries(values).map(([path, value]) => {
      const [group, field] = path.split('.') as [string, string?];
      return { [group]: field === undefined ? value : { [field]: value } };
    }),
  );
}
