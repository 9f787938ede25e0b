import { Option } from '@commander-js/extra-typings';
import { leavesOf, type SettingLeaf, settingLeaves } from '@grasp/prune';
import * as z from 'zod';
import { inputsSchema } from './inputs.js';

/** A command line option, and the path of the setting or input that it sets. */
export interface RunFlag {
  readonly path: string;
  readonly option: Option;
  /** True if the value is the path of a JSON file that holds the setting. */
  readonly file: boolean;
}

/** An option for each setting and each input except the model, which is an argument. Options are new at each call. */
export function runFlags(): RunFlag[] {
  const inputs = leavesOf(inputsSchema.shape).filter(({ path }) => path !== 'model');
  return [...inputs, ...settingLeaves].map((leaf) => {
    const file = leaf.schema.meta()?.file === true;
    return { path: leaf.path, option: optionOf(leaf, file), file };
  });
}

/** The parts of a schema that the command line shows. */
interface Field {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
}

function optionOf({ flag, heading, schema }: SettingLeaf, file: boolean): Option {
  const field = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Field;
  const placeholder = placeholderOf(field, file);
  const shown =
    field.default === undefined || Array.isArray(field.default) ? '' : ` (default: ${field.default})`;
  const option: Option = new Option(`--${flag} ${placeholder}`, `${schema.description ?? flag}${shown}`);
  if (heading !== undefined) option.helpGroup(`${heading}:`);
  if (field.enum) option.choices(field.enum);
  if (field.type === 'number' || field.type === 'integer') option.argParser(numberOf);
  return option;
}

function placeholderOf({ type, enum: choices }: Field, file: boolean): string {
  if (file) return '<file>';
  if (type === 'array') return '<text...>';
  return choices ? '<name>' : '<value>';
}

/** A number, or a percentage as a share; NaN for text that is neither, which the schema then refuses by name. */
export function numberOf(text: string): number {
  const [, share] = /^\s*(\S+?)\s*%\s*$/.exec(text) ?? [];
  if (share !== undefined) return Number(share) / 100;
  return text.trim() === '' ? Number.NaN : Number(text);
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
