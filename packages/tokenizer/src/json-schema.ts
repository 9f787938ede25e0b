/**
 * Zod schemas for untrusted JSON.
 *
 * The error text of each schema names the expected value, such as `a string`; {@link firstProblem} makes the message. Lists
 * and maps stop at the first element that does not fit, because a hostile file may have millions of them.
 */

import * as z from 'zod';

type Context = z.core.$RefinementCtx;

/** Expects any string. */
export const text = z.string({ error: 'a string' });

/** Expects a string of at least one character. */
export const filledText = z.string({ error: 'a string of at least one character' }).min(1, {
  error: 'a string of at least one character',
});

/** Expects a string of one Unicode character. */
export const character = z
  .string({ error: 'one character' })
  .refine((value) => [...value].length === 1, { error: 'one character' });

export const flag = z.boolean({ error: 'true or false' });

/** Expects a number that is neither infinite nor NaN. */
export const finite = z.number({ error: 'a finite number' });

/** Expects an integer in [0, limit). */
export function integerBelow(limit: number): z.ZodType {
  const error = `an integer from 0 to ${limit - 1}`;
  return z
    .int({ error })
    .min(0, { error })
    .max(limit - 1, { error });
}

export function oneOf(...allowed: readonly (string | number)[]): z.ZodType {
  return z.literal(allowed, { error: choice(allowed.map(shown)) });
}

/** An object that stays as it is: zod would copy it, and drop a key named `__proto__`. */
export const object = z.custom<Readonly<Record<string, unknown>>>(isObject, { error: 'an object' });

/** Expects an object with these fields. Other fields are ignored. */
export function fields(
  shape: Readonly<Record<string, z.ZodType>>,
): z.ZodType<Readonly<Record<string, unknown>>> {
  return z.looseObject(shape, { error: 'an object' });
}

export function listOf(element: z.ZodType): z.ZodType<readonly unknown[]> {
  return z.custom<readonly unknown[]>(Array.isArray, { error: 'a list' }).superRefine((list, context) => {
    for (let index = 0; index < list.length; index++) {
      if (!forward(element, list[index], [index], context)) return;
    }
  });
}

/** Expects an object with any keys, and one kind of value. */
export function mapOf(value: z.ZodType): z.ZodType<Readonly<Record<string, unknown>>> {
  return object.superRefine((map, context) => {
    for (const [key, item] of Object.entries(map)) if (!forward(value, item, [key], context)) return;
  });
}

/** Expects an object whose field `type` is a key of `kinds`, and that fits the schema of that type. */
export function byType(kinds: Readonly<Record<string, z.ZodType>>): z.ZodType {
  return object.superRefine((value, context) => {
    const { type } = value;
    if (typeof type === 'string' && Object.hasOwn(kinds, type)) forward(kinds[type]!, value, [], context);
    else context.addIssue({ code: 'custom', path: ['type'], message: choice(Object.keys(kinds)) });
  });
}

/** Expects an object with one key, which is a key of `kinds`: how serde writes an enum. */
export function byKey(kinds: Readonly<Record<string, z.ZodType>>): z.ZodType {
  return object.superRefine((value, context) => {
    const [key, ...others] = Object.keys(value);
    if (key !== undefined && others.length === 0 && Object.hasOwn(kinds, key)) {
      forward(kinds[key]!, value[key], [key], context);
    } else {
      context.addIssue({
        code: 'custom',
        message: `an object with one key, ${Object.keys(kinds).join(' or ')}`,
      });
    }
  });
}

/** Adds the first problem of a value to those of its container. Returns whether there is none. */
export function forward(
  schema: z.ZodType,
  value: unknown,
  path: readonly PropertyKey[],
  context: Context,
): boolean {
  const issue = schema.safeParse(value).error?.issues[0];
  if (issue) context.addIssue({ code: 'custom', path: [...path, ...issue.path], message: issue.message });
  return issue === undefined;
}

/** Where a document first differs from its schema: `model.vocab["a"] is -1; expected an integer from 0 to 9`. */
export function firstProblem(document: unknown, { issues }: z.ZodError): string {
  const { path, message } = issues[0]!;
  let found = document;
  for (const key of path)
    found = isObject(found) || Array.isArray(found) ? Reflect.get(found, key) : undefined;
  return `${placeOf(path)} is ${found === undefined ? 'missing' : shown(found)}; expected ${message}`;
}

/** `model.vocab["a b"][3]` */
function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the document';
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (/^\w+$/.test(String(key))) return index === 0 ? String(key) : `.${String(key)}`;
      return `[${shown(key)}]`;
    })
    .join('');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function choice(allowed: readonly string[]): string {
  return allowed.length === 1 ? allowed[0]! : `one of ${allowed.join(', ')}`;
}

/** A value in JSON, cut to 60 characters. Lists and objects are only named, as they may be huge. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return 'an object';
  const json = String(JSON.stringify(typeof value === 'string' ? value.slice(0, 200) : value));
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
