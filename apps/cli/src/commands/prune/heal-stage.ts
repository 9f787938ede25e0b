import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  assertDtype,
  assertHealFits,
  checkHealState,
  type Engine,
  fittingHealSettings,
  type HealConfigs,
  type HealRecord,
  type HealSettings,
  parseHealSettings,
  projectionOf,
  prunedView,
  RESTART,
  type RunRecord,
  RunStateError,
  runIdentity,
  SettingsError,
} from '@grasp/prune';
import { type HealPlan, likelyHealSettings } from '../../shared/heal/heal-forecast.js';
import {
  type HealingOptions,
  healModel,
  healStatePath,
  inPossibleDtype,
} from '../../shared/heal/heal-model.js';
import { readHealTexts, type TextFlags } from '../../shared/heal/read-heal-texts.js';
import type { OpenModel } from '../../shared/model.js';
import { checkOutputFolder } from '../../shared/output-folder.js';
import type { RunOptions } from '../../shared/run/options.js';
import type { Terminal } from '../../shared/terminal.js';
import { finishedRun } from './finished-run.js';
import { type FolderOptions, jobOf, pruneFolder } from './prune-folder.js';

/** What `--heal-tokens` and the settings beside it ask for. */
export interface HealStage {
  readonly texts: TextFlags;
  readonly settings: HealSettings;
  readonly teacherCache?: string | undefined;
  readonly mayUseLora: boolean;
  readonly mayUseFloat32: boolean;
}

/** First part of the flags of healing. */
export const HEAL_PREFIX = 'heal-';

/** End of the name of the pruned model until it is healed. */
const BEFORE = '.before-healing';

/**
 * The healing that a run asks for, if any. Its text, block length, seed and loss default to those of the run.
 *
 * @throws SettingsError if settings of healing are given without `--heal-tokens`.
 */
export function healStage({ heal, calib, settings, ...inputs }: RunOptions): HealStage | undefined {
  const { tokens, text = calib, textWeights, teacherCache, ...given } = heal;
  if (tokens === undefined) {
    const others = Object.values(heal).filter((value) => value !== undefined);
    if (others.length === 0) return undefined;
    throw new SettingsError('Settings of healing were given, but no number of tokens. Add --heal-tokens.', [
      'heal.tokens',
    ]);
  }
  const { textColumn, eval: measured, window, evalWindows } = inputs;
  const { length, lossOn = 'all' } = settings.text;
  return {
    texts: {
      ...{ text, eval: measured, prefix: HEAL_PREFIX },
      ofRun: (['length', 'lossOn'] as const).filter((name) => given[name] === undefined),
      ...(window === undefined ? {} : { window }),
      ...(textWeights === undefined ? {} : { textWeights }),
      ...(textColumn === undefined ? {} : { textColumn }),
      ...(evalWindows === undefined ? {} : { evalWindows }),
    },
    teacherCache,
    mayUseLora: given.train === undefined,
    mayUseFloat32: given.dtype === undefined,
    settings: parseHealSettings({ length, lossOn, seed: settings.seed, ...given, tokens }),
  };
}

/** The healing that a run would do. */
export function likelyHealing(
  model: OpenModel,
  options: RunOptions,
  stage: HealStage,
  engine: Pick<Engine, 'elsewhere' | 'runtime'>,
  { memoryCheck }: Pick<FolderOptions, 'memoryCheck'>,
): HealPlan {
  const configs = likelyConfigs(model, options);
  return { configs, settings: likelyHealSettings(configs, { ...stage, memoryCheck }, engine) };
}

/** Configs of the two models, before the mask is known: sizes hardly depend on which units are kept. */
function likelyConfigs({ checkpoint, config }: OpenModel, { settings }: RunOptions): HealConfigs {
  const { layout, project } = projectionOf(checkpoint, settings);
  const pruned = prunedView(checkpoint, project(new Float32Array(layout.size)));
  return { pruned: pruned.decoder, teacher: config };
}

/** Checks before pruning that the engine heals in a dtype that was asked for. */
export function assertHealDtype(engine: Engine, { settings, mayUseFloat32 }: HealStage): void {
  if (!mayUseFloat32) assertDtype(engine, settings.dtype, `--${HEAL_PREFIX}dtype`);
}

/**
 * Prunes a model and heals the result: `grasp prune`, then `grasp heal`. The pruned model stands beside the output until the
 * run ends, so that the same command resumes either stage.
 */
export async function pruneAndHeal(
  model: OpenModel,
  options: RunOptions,
  stage: HealStage,
  flags: FolderOptions & Pick<HealingOptions, 'onSettings'>,
  terminal: Terminal,
): Promise<{ readonly pruned: RunRecord; readonly healed: HealRecord }> {
  const { out, overwrite = false, restart = false, openEngine } = flags;
  const before = `${resolve(out)}${BEFORE}`; // beside the output, also of `pruned/` and `.`
  // What would stop the healing stops the run now, not after it has pruned.
  await checkOutputFolder(out, { overwrite });
  await checkHealState(healStatePath(out), { restart });
  await readHealTexts(stage.texts, stage.settings, model, terminal);
  const engine = await openEngine();
  assertHealDtype(engine, stage);
  if (flags.memoryCheck) {
    const check = stage.mayUseLora ? fittingHealSettings : assertHealFits;
    const settings = inPossibleDtype(stage.settings, stage, engine);
    check(likelyConfigs(model, options), settings, engine, { prefix: HEAL_PREFIX });
  }
  const identity = async () => runIdentity((await jobOf(model, options, openEngine, terminal)).job);
  const earlier = restart ? undefined : await finishedRun(before, identity);
  if (!earlier && !restart && existsSync(healStatePath(out)))
    throw new RunStateError(
      healStatePath(out),
      `a healing was saved here, of another model than this run prunes. Ask for the same as then to go on from it. ${RESTART}`,
    );
  if (earlier && !flags.quiet) terminal.note(`Resuming with the pruned model in ${before}.`);
  const there = { ...flags, out: before, overwrite: true, withIdentity: true };
  const pruned = earlier ?? (await pruneFolder(model, options, there, terminal));
  const { model: teacher, threads } = options;
  const healing = { ...flags, ...stage, name: resolve(out), teacher, threads };
  const healed = await healModel(before, healing, terminal);
  await rm(before, { recursive: true });
  return { pruned, healed };
}
