import * as z from 'zod';

/** How the settings of a group appear on the command line, and which stage of a run they decide. */
export interface GroupMeta {
  /** Heading of the group in `--help`. Default: the group's name, capitalised. */
  readonly heading?: string;
  /** First words of the group's flags. Default: the group's name. An empty string means no prefix. */
  readonly prefix?: string;
  /** True if the settings take effect only after the units have been chosen. */
  readonly afterChoice?: boolean;
}

/** A named group of settings. Every setting in it has a default or is optional, so the group may be left out. */
export function group<Shape extends z.ZodRawShape>(shape: Shape, meta: GroupMeta = {}) {
  const object = z.strictObject(shape);
  return object.prefault({} as never).meta({ ...meta, group: true });
}

/** One setting: a field of a group, or a field at the top of the settings. */
export interface SettingLeaf {
  /** Dotted path: `budget.keep`. */
  readonly path: string;
  /** Command line flag without dashes: `keep`. */
  readonly flag: string;
  /** Heading in `--help`. */
  readonly heading: string | undefined;
  readonly schema: z.ZodType;
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * All settings of a schema, in its order. A flag consists of the group's prefix and the name in kebab case. Metadata of a
 * field can name another flag or heading: `.meta({ flag, heading })`.
 */
export function leavesOf(shape: z.ZodRawShape): SettingLeaf[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const meta = metaOf(schema);
    if (meta.group !== true) return [leafOf(name, {}, schema as z.ZodType)];
    const { prefix = kebab(name), heading = capitalised(name) } = meta as GroupMeta;
    return Object.entries(fieldsOf(schema)).map(([field, inner]) => ({
      ...leafOf(field, { prefix, heading }, inner as z.ZodType),
      path: `${name}.${field}`,
    }));
  });
}

function leafOf(name: string, group: GroupMeta, schema: z.ZodType): SettingLeaf {
  const derived = [group.prefix, kebab(name)].filter(Boolean).join('-');
  const { flag = derived, heading = group.heading } = metaOf(schema) as Partial<SettingLeaf>;
  return { path: name, flag, heading, schema };
}

const capitalised = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Metadata of a schema; empty if it has none. */
export const metaOf = (schema: z.core.$ZodType): Readonly<Record<string, unknown>> =>
  (schema as z.ZodType).meta() ?? {};

const fieldsOf = (schema: z.core.$ZodType): z.ZodRawShape =>
  (schema as z.ZodPrefault<z.ZodObject>).unwrap().shape;
