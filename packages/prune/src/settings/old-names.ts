import { type PruneSettings, settingLeaves, settingsSchema } from './schema.js';
import { inPlainWords, SettingsError, settingsError } from './settings-error.js';

/** Every setting of the flat settings that earlier releases had, and its path today. */
export const OLD_NAMES = {
  keep: 'budget.keep',
  params: 'budget.params',
  size: 'budget.size',
  flops: 'budget.flops',
  kvBytes: 'budget.kvBytes',
  latencyShare: 'budget.latencyShare',
  latencyMs: 'budget.latencyMs',
  flopsContext: 'budget.flopsContext',
  latency: 'budget.latency',
  minimum: 'projection.minimum',
  protect: 'projection.protect',
  only: 'projection.only',
  projection: 'projection.rule',
  layout: 'projection.layout',
  align: 'projection.align',
  choose: 'choice',
  rounds: 'importance.rounds',
  roundBlocks: 'importance.blocksPerRound',
  refit: 'refit.mode',
  refitBlocks: 'refit.blocks',
  damping: 'refit.damping',
  recover: 'refit.compensation',
  epochs: 'gates.epochs',
  scaleEpochs: 'scales.epochs',
  learningRate: 'optimizer.learningRate',
  beta1: 'optimizer.beta1',
  beta2: 'optimizer.beta2',
  epsilon: 'optimizer.epsilon',
  tau: 'gates.tau',
  scales: 'scales.targets',
  rank: 'lora.rank',
  rankRate: 'lora.learningRate',
  distill: 'distil.weight',
  distillBlocks: 'distil.blocks',
  scaleRate: 'scales.schedule',
  alpha: 'scales.alpha',
  blocks: 'text.blocks',
  length: 'text.length',
  batch: 'text.batch',
  dtype: 'engine.dtype',
} as const;

type OldName = keyof typeof OLD_NAMES;

const isOld = (name: string): name is OldName => Object.hasOwn(OLD_NAMES, name);

/**
 * Names of flat settings in an input. `projection`, `refit` and `scales` are groups today, and are old names only if
 * they hold something else.
 */
function oldNamesIn(input: Readonly<Record<string, unknown>>): OldName[] {
  const isGroup = (name: string) => name in settingsSchema.shape && typeof input[name] === 'object';
  return Object.keys(input).filter((name): name is OldName => isOld(name) && !isGroup(name));
}

/**
 * Refuses the flat settings of earlier releases.
 *
 * @param where what holds them: a file, for instance
 * @throws SettingsError that names the new path of each.
 */
export function refuseOldNames(input: Readonly<Record<string, unknown>>, where = 'Settings'): void {
  const old = oldNamesIn(input);
  if (old.length === 0) return;
  const lines = old.map((name) => `"${name}" is now "${OLD_NAMES[name]}"`);
  throw new SettingsError(`${where}: settings are in groups. ${lines.join('; ')}.`, old);
}

/**
 * The grouped settings of a record that an earlier release wrote with flat settings. Settings that did not exist then
 * get the defaults of `grasprune`, which switch them off.
 *
 * @throws SettingsError if a setting is unknown or out of range.
 */
export function settingsFromFlat(flat: Readonly<Record<string, unknown>>): PruneSettings {
  const grouped: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flat)) {
    const [group, field] = (isOld(name) ? OLD_NAMES[name] : name).split('.') as [string, string?];
    if (field === undefined) grouped[group] = value;
    else grouped[group] = { ...(grouped[group] as object | undefined), [field]: value };
  }
  const parsed = settingsSchema.safeParse(grouped, { error: inPlainWords });
  if (!parsed.success) throw settingsError(parsed.error);
  return parsed.data;
}

/** Flags of earlier releases and their names today, both without dashes: `recover` → `compensation`. */
export const RENAMED_FLAGS: ReadonlyMap<string, string> = new Map(
  Object.entries(OLD_NAMES).flatMap(([name, path]): [string, string][] => {
    const old = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const { flag } = settingLeaves.find((leaf) => leaf.path === path)!;
    return flag === old ? [] : [[old, flag]];
  }),
);
