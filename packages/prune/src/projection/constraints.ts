import {
  type Constraints,
  type Layout,
  LayoutError,
  matchUnits,
  protectWhole,
  type Whole,
} from '@grasp/budget';
import type { PruneSettings } from '../settings/schema.js';
import { SettingsError } from '../settings/settings-error.js';

/** What the settings keep or remove as a whole, or undefined: unit by unit. */
export const wholeOf = ({ projection: { only } }: Pick<PruneSettings, 'projection'>): Whole | undefined =>
  only === 'layers' || only === 'sublayers' ? only : undefined;

/** The constraints that the settings place on the widths of the layers. */
export function constraintsOf(layout: Layout, settings: PruneSettings): Constraints {
  const { align, layout: shape } = settings.projection;
  const minimum = wholeOf(settings) ? 0 : settings.projection.minimum;
  const protect = protectedUnits(layout, settings);
  const has = (kind: string) => layout.blocks.some((block) => block.kind === kind);
  return {
    minimum,
    ...(protect ? { protect } : {}),
    ...(shape === 'uniform' ? { uniform: ['ffn', 'kv'].filter(has) } : {}),
    ...(align > 1 && has('ffn') ? { multipleOf: { ffn: align } } : {}),
  };
}

/** A mask of the units that match a pattern, or belong to a kind that is not pruned; of whole parts, if these stay or go. */
function protectedUnits(layout: Layout, settings: PruneSettings): Uint8Array | undefined {
  const { protect = [], only } = settings.projection;
  const others = layout.blocks.some(({ kind }) => kind !== only);
  const other = only === undefined || wholeOf(settings) || !others ? [] : [only === 'ffn' ? '*.kv' : '*.ffn'];
  if (protect.length + other.length === 0) return undefined;
  const units = new Uint8Array(layout.size);
  for (const pattern of [...protect, ...other]) {
    const matched = matchedUnits(layout, pattern);
    if (!matched) {
      throw new SettingsError(
        `projection.protect "${pattern}" matches no unit of the model. Use layers.N, layers.N.ffn, layers.N.kv or ` +
          'layers.N.ffn.I; * matches anything.',
        ['projection.protect'],
      );
    }
    matched.forEach((match, unit) => {
      if (match === 1) units[unit] = 1;
    });
  }
  const whole = wholeOf(settings);
  return whole ? protectWhole(units, layout, whole) : units;
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
