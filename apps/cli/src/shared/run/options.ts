import { readFile } from 'node:fs/promises';
import { parseJson } from '@grasp/files';
import {
  inPlainWords,
  type PruneSettings,
  parseSettings,
  refuseOldNames,
  SettingsError,
  settingsError,
  settingsSchema,
} from '@grasp/prune';
import type * as z from 'zod';
import { assertApart } from '../output-apart.js';
import { refuseFolder } from '../texts.js';
import { inputOfFlags, isModulePath, runFlags } from './flags.js';
import { inFlags } from './in-flags.js';
import { inputsSchema, type RunInputs } from './inputs.js';
import { swallowedArgument } from './swallowed.js';

/** Everything that a command line and a config file say about a run. */
export interface RunOptions extends RunInputs {
  readonly settings: PruneSettings;
}

type Input = Readonly<Record<string, unknown>>;

/**
 * The options of a run: flags over the config file over the defaults.
 *
 * @param flags values by commander's name of the option, and `model`
 * @param config path of a JSON file with inputs and grouped settings
 * @throws SettingsError that names each option that is unknown, renamed, missing or out of range.
 */
export async function runOptions(
  flags: Readonly<Record<string, unknown>>,
  config?: string,
): Promise<RunOptions> {
  const given = { ...inputOfFlags(flags), ...(flags.model === undefined ? {} : { model: flags.model }) };
  const inFile = config === undefined ? [] : [await readConfig(config)];
  const layers = withLastMethod([...inFile, await withFiles(split(given))]);
  const settings = await inFlags(() => parseSettings(...layers.map((layer) => layer.settings)));
  const heal = Object.assign({}, ...layers.map((layer) => layer.inputs.heal));
  const inputs: Input = Object.assign({}, ...layers.map((layer) => layer.inputs), { heal });
  const swallowed = inputs.model === undefined ? await swallowedArgument(flags) : undefined;
  if (swallowed !== undefined) throw new SettingsError(`No model was given. ${swallowed}`, ['model']);
  const parsed = inputsSchema.safeParse(inputs, { error: inPlainWords });
  if (!parsed.success) throw settingsError(parsed.error);
  const { out, model, calib, mix = [], scaleCalib = [], eval: texts } = parsed.data;
  const {
    scores,
    mask,
    methodModule,
    heal: { text: healTexts = [], teacherCache },
  } = parsed.data;
  refuseSeveralChoices(settings, { scores, mask, methodModule });
  if (settings.choice === 'given' && [scores, mask, methodModule].every((path) => path === undefined))
    throw new SettingsError(
      '--choice given: nothing was given. Add --scores FILE, --mask FILE or --method ./MODULE.js.',
      ['choice'],
    );
  if ([scores, mask, methodModule].some((path) => path !== undefined))
    await inFlags(() => parseSettings(settings, { choice: 'given' })); // throws if they take effect under another choice only
  const files = [config, scores, mask, methodModule].filter((path) => path !== undefined);
  const allTexts = [...calib, ...mix, ...scaleCalib, ...texts, ...healTexts];
  for (const text of allTexts) refuseFolder(text);
  const read = [model, ...allTexts, ...files];
  if (out !== undefined) await assertApart(out, read, teacherCache === undefined ? [] : [teacherCache]);
  return { ...parsed.data, settings };
}

/** @throws SettingsError if more than one of the options chooses the units */
function refuseSeveralChoices(
  { method, choice }: PruneSettings,
  given: Pick<RunInputs, 'scores' | 'mask' | 'methodModule'>,
): void {
  const { methodModule, ...files } = given;
  const choosing = Object.entries(files).flatMap(([name, path]) => (path === undefined ? [] : [`--${name}`]));
  if (methodModule !== undefined) choosing.push(`--method ${methodModule}`);
  // The recovery of our own methods may follow a mask that was chosen elsewhere.
  else if (choosing.length > 0 && method !== 'grasprune' && method !== 'grasp+')
    choosing.push(`--method ${method}`);
  if (choosing.length > 0 && choice !== 'given' && choice !== parseSettings({ method }).choice)
    choosing.push(`--choice ${choice}`);
  if (choosing.length < 2) return;
  throw new SettingsError(`${choosing.join(' and ')}: each chooses all units. Use one of them.`, ['method']);
}

interface Layer {
  readonly inputs: Input;
  readonly settings: Input;
}

/** Separates what {@link inputsSchema} knows from the settings. */
function split(input: Input): Layer {
  const known = (name: string) => name in inputsSchema.shape;
  const { method } = input;
  const module = typeof method === 'string' && isModulePath(method);
  const entries = Object.entries(input).filter(([name]) => !(module && name === 'method'));
  return {
    inputs: {
      ...Object.fromEntries(entries.filter(([name]) => known(name))),
      ...(module ? { methodModule: method } : {}),
    },
    settings: Object.fromEntries(entries.filter(([name]) => !known(name))),
  };
}

/** The layers without methods that a later one replaces. A method is a setting if it is named, and an input if it is a module. */
function withLastMethod(layers: readonly Layer[]): Layer[] {
  const last = layers.findLastIndex(
    ({ inputs, settings }) => (inputs.methodModule ?? settings.method) !== undefined,
  );
  return layers.map((layer, i) => {
    if (i >= last) return layer;
    const { methodModule: _, ...inputs } = layer.inputs;
    const { method: __, ...settings } = layer.settings;
    return { inputs, settings };
  });
}

/** A config file may give one value in place of a list, as the command line does. */
function withLists(input: Input): Input {
  const listed = { ...input };
  for (const { path, option } of runFlags()) {
    const [group = '', name] = path.split('.');
    const value = listed[group];
    if (!option.variadic) continue;
    if (name === undefined) listed[group] = asList(value);
    else if (typeof value === 'object' && value !== null && name in value)
      listed[group] = { ...value, [name]: asList((value as Input)[name]) };
  }
  return listed;
}

const asList = (value: unknown): unknown => (typeof value === 'string' ? [value] : value);

/** Replaces paths of files by their content, for settings that a file holds. */
async function withFiles({ inputs, settings }: Layer): Promise<Layer> {
  const read: Record<string, unknown> = { ...settings };
  for (const { path, schema, option } of runFlags().filter(({ file }) => file)) {
    const [group = '', name = ''] = path.split('.');
    const values = read[group];
    if (typeof values !== 'object' || values === null) continue;
    const value = (values as Input)[name];
    if (typeof value !== 'string') continue;
    const where = `${option.long} ${value}`;
    const content = await readJson(value, where, path);
    refuse(where, schema.safeParse(content, { error: inPlainWords }));
    read[group] = { ...values, [name]: content };
  }
  return { inputs, settings: read };
}

/** @throws SettingsError if the file `where` holds what a schema refuses. */
function refuse(where: string, { error }: z.ZodSafeParseResult<unknown>): void {
  if (error) throw settingsError(error, where);
}

async function readJson(path: string, where: string, setting: string): Promise<unknown> {
  const fail = (problem: string, cause: unknown) =>
    new SettingsError(`${where}: ${problem}`, [setting], { cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const known: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file.',
      EISDIR: 'it is a folder. Give a JSON file.',
      EACCES: 'it may not be read.',
    };
    throw fail(known[String(code)] ?? (error as Error).message, error);
  }
  try {
    return parseJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw fail(`it is not valid JSON: ${(error as Error).message}.`, error);
  }
}

/** The group of budgets in a config file, as it is written there. @throws SettingsError as `runOptions` */
export async function budgetsOf(config: string): Promise<Input> {
  const { settings } = await readConfig(config);
  return (settings.budget ?? {}) as Input;
}

async function readConfig(path: string): Promise<Layer> {
  const where = `--config ${path}`;
  const content = await readJson(path, where, 'config');
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new SettingsError(`${where}: it must hold one JSON object with settings.`, ['config']);
  }
  refuseOldNames(content as Input, where);
  const layer = await withFiles(split(withLists(content as Input)));
  refuse(where, settingsSchema.safeParse(layer.settings, { error: inPlainWords }));
  refuse(where, inputsSchema.partial().safeParse(layer.inputs, { error: inPlainWords }));
  return layer;
}
