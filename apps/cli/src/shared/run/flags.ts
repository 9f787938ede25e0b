import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { inPlainWords, leavesOf, type SettingLeaf, settingLeaves } from '@grasp/prune';
import * as z from 'zod';
import { addresses, nonEmpty } from '../flags.js';
import { type Numbers, numberFlag } from '../number-flag.js';
import { inputsSchema } from './inputs.js';

/** A command line option, and the path of the setting or input that it sets. */
export interface RunFlag {
  readonly path: string;
  readonly option: Option;
  /** True if the value is the path of a JSON file that holds the setting. */
  readonly file: boolean;
  readonly schema: z.ZodType;
}

/** An option for each setting and each input except the model, which is an argument. Options are new at each call. */
export function runFlags(): RunFlag[] {
  const inputs = leavesOf(inputsSchema.shape).filter(
    ({ path }) => path !== 'model' && path !== 'methodModule',
  );
  return [...inputs, ...settingLeaves].map((leaf) => {
    const file = leaf.schema.meta()?.file === true;
    return { path: leaf.path, option: optionOf(leaf, file), file, schema: leaf.schema };
  });
}

/**
 * Reads the text of a setting as its flag does.
 *
 * @throws InvalidArgumentError that says what is allowed
 */
export function valueOfFlag(path: string, text: string): unknown {
  const { option } = runFlags().find((flag) => flag.path === path)!;
  return option.parseArg!(text, undefined);
}

/** The parts of a schema that the command line shows. */
interface Field extends Omit<Numbers, 'type'> {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
}

/** A new option for a setting. */
export function optionOf({ path, flag, heading, schema }: SettingLeaf, file = false): Option {
  const field = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Field;
  const placeholder = placeholderOf(field, file);
  const shown =
    field.default === undefined || Array.isArray(field.default) ? '' : ` (default: ${field.default})`;
  const option: Option = new Option(`--${flag} ${placeholder}`, `${schema.description ?? flag}${shown}`);
  if (heading !== undefined) option.helpGroup(`${heading}:`);
  if (path === 'method') return option.argParser(methodParser(field.enum ?? []));
  if (field.enum) return option.choices(field.enum);
  return option.argParser(path === 'workers' ? addresses : parserOf(field, schema, file));
}

/** Whether a method is named by the path of a module: `./mine.js`. */
export const isModulePath = (method: string): boolean => /[\\/]|\.[cm]?[jt]s$/.test(method);

/** Takes the name of a method, or the path of a module that exports one. */
const methodParser = (names: readonly string[]) => (text: string) => {
  if (names.includes(text) || isModulePath(text)) return text;
  throw new InvalidArgumentError(`Allowed choices are ${names.join(', ')}, or the path of a module.`);
};

/** Reads the text of a flag. What the schema would refuse is refused here, where the message has the flag's name. */
function parserOf(
  field: Field,
  schema: z.ZodType,
  file: boolean,
): (text: string, earlier?: unknown) => unknown {
  if (file) return nonEmpty;
  const { type, ...bounds } = field;
  if (type === 'number' || type === 'integer') return numberFlag({ type, ...bounds });
  if (type === 'array')
    return (text, earlier) => [...(Array.isArray(earlier) ? earlier : []), nonEmpty(text)];
  return (text) => {
    const { error } = schema.safeParse(nonEmpty(text), { error: inPlainWords });
    if (!error) return text;
    throw new InvalidArgumentError(`${sentence(error.issues[0]?.message ?? 'it is not valid')}.`);
  };
}

/** `it must be …; found …` as a sentence without what was found, which commander says. */
const sentence = (message: string): string =>
  message.replace(/; found .*$/s, '').replace(/^./, (first) => first.toUpperCase());

function placeholderOf({ type, enum: choices }: Field, file: boolean): string {
  if (file) return '<file>';
  if (type === 'array') return '<text...>';
  return choices ? '<name>' : '<value>';
}

/** Values of flags as an input of the schemas: nested by path. Options that are no setting are left out. */
export function inputOfFlags(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const { path, option } of runFlags()) {
    const value = flags[option.attributeName()];
    const [group, name] = path.split('.') as [string, string?];
    if (value === undefined) continue;
    if (name === undefined) input[group] = value;
    else input[group] = { ...(input[group] as object | undefined), [name]: value };
  }
  return input;
}
