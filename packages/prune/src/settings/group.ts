import * as z from 'zod';

/** How the settings of a group appear on the command line, and which stage of a run they decide. */
export interface GroupMeta {
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
  readonly schema: z.ZodType;
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * All settings of a schema, in its order. A flag consists of the group's prefix and the name in kebab case, unless the
 * field's metadata names another (`.meta({ flag })`).
 */
export function leavesOf(shape: z.ZodRawShape): SettingLeaf[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const meta = metaOf(schema);
    if (meta.group !== true) return [leafOf(name, '', schema as z.ZodType)];
    const { prefix = kebab(name) } = meta as GroupMeta;
    return Object.entries(fieldsOf(schema)).map(([field, inner]) => {
      const leaf = leafOf(field, prefix, inner as z.ZodType);
      return { ...leaf, path: `${name}.${field}` };
    });
  });
}

function leafOf(name: string, prefix: string, schema: z.ZodType): SettingLeaf {
  const { flag } = metaOf(schema);
  const derived = [prefix, kebab(name)].filter(Boolean).join('-');
  return { path: name, flag: typeof flag === 'string' ? flag : derived, schema };
}

export const metaOf = (schema: z.core.$ZodType): Readonly<Record<string, unknown>> =>
  (schema as z.ZodType).meta() ?? {};

const fieldsOf = (schema: z.core.$ZodType): z.ZodRawShape =>
  (schema as z.ZodPrefault<z.ZodObject>).unwrap().shape;
