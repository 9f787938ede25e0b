import { readFile, stat } from 'node:fs/promises';
import { parseJson } from '@grasp/files';
import {
  type PruneSettings,
  parseSettings,
  refuseOldNames,
  SettingsError,
  settingsError,
} from '@grasp/prune';
import { inputOfFlags, runFlags } from './flags.js';
import { inputsSchema, type RunInputs } from './inputs.js';

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
  const layers = [
    ...(config === undefined ? [] : [await readConfig(config)]),
    { ...inputOfFlags(flags), ...(flags.model === undefined ? {} : { model: flags.model }) },
  ].map(split);
  const settings = parseSettings(...(await Promise.all(layers.map((layer) => withFiles(layer.settings)))));
  const inputs: Input = Object.assign({}, ...layers.map((layer) => layer.inputs));
  if (inputs.model === undefined) await refuseSwallowedModel(inputs);
  const parsed = inputsSchema.safeParse(inputs);
  if (!parsed.success) throw settingsError(parsed.error);
  return { ...parsed.data, settings };
}

/** A flag that takes several texts also takes a model that follows it. */
async function refuseSwallowedModel(inputs: Input): Promise<void> {
  for (const [name, flag] of Object.entries({
    calib: 'calib',
    mix: 'mix',
    scaleCalib: 'scale-calib',
    eval: 'eval',
  })) {
    const texts = inputs[name];
    const last: unknown = Array.isArray(texts) ? texts.at(-1) : undefined;
    if (typeof last !== 'string') continue;
    const isFolder = await stat(last).then(
      (info) => info.isDirectory(),
      () => false,
    );
    if (!isFolder && !/\.gguf$/i.test(last)) continue;
    throw new SettingsError(
      `No model was given. "${last}" was read as a text of --${flag}. Put the model before the flags.`,
      ['model'],
    );
  }
}

/** Separates what {@link inputsSchema} knows from the settings. */
function split(input: Input): { inputs: Input; settings: Input } {
  const known = (name: string) => name in inputsSchema.shape;
  const entries = Object.entries(input);
  return {
    inputs: Object.fromEntries(entries.filter(([name]) => known(name))),
    settings: Object.fromEntries(entries.filter(([name]) => !known(name))),
  };
}

/** Replaces paths of files by their content, for settings that a file holds. */
async function withFiles(settings: Input): Promise<Input> {
  const read: Record<string, unknown> = { ...settings };
  for (const { path } of runFlags().filter(({ file }) => file)) {
    const [group = '', name = ''] = path.split('.');
    const values = read[group];
    if (typeof values !== 'object' || values === null) continue;
    const value = (values as Input)[name];
    if (typeof value === 'string') read[group] = { ...values, [name]: await readJson(value, path) };
  }
  return read;
}

async function readJson(path: string, setting: string): Promise<unknown> {
  try {
    return parseJson((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new SettingsError(`${path}: ${(error as Error).message}.`, [setting]);
  }
}

async function readConfig(path: string): Promise<Input> {
  const content = await readJson(path, 'config');
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new SettingsError(`${path}: it must hold one JSON object with settings.`, ['config']);
  }
  refuseOldNames(content as Input, path);
  return content as Input;
}
