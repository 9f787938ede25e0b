import { basename, join } from 'node:path';
import { mixTexts, type TokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, tokenizerRoles } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import {
  choiceSettings,
  flatSettings,
  type HealSettings,
  type HealTexts,
  healSteps,
  type PruneSettings,
  parseSettings,
  projectionOf,
  type SettingsInput,
} from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import { type Cell, cellsOf } from '../../../shared/cells/cells.js';
import { hashOf } from '../../../shared/cells/hash.js';
import {
  type EvaluationData,
  type EvaluationOptions,
  readEvaluation,
} from '../../../shared/data/evaluation-data.js';
import type { NamedText } from '../../../shared/data/named-text.js';
import { calibrationBlocks } from '../../../shared/data/token-blocks.js';
import { modelIdentity } from '../../../shared/models/model-identity.js';
import type { ComparedMethod } from '../methods.js';
import { type Recovery, recoverySettings } from '../recoveries.js';
import { type ChoiceCell, choiceCell } from '../work/choice-cell.js';
import { type CostCell, costCell } from '../work/cost.js';

export interface PlanOptions extends EvaluationOptions {
  readonly methods: readonly ComparedMethod[];
  readonly keep: readonly number[];
  readonly recoveries: readonly Recovery[];
  /** Each seed draws its own blocks from the calibration text, the same for all methods. */
  readonly seeds: readonly number[];
  /** Settings of all runs; methods and recoveries set what distinguishes them. */
  readonly settings: SettingsInput;
  /** Settings of healing; the seed is that of each mask. */
  readonly heal: HealSettings;
  readonly calib: NamedText;
  readonly out: string;
}

/** The mask of one method, at one keep ratio and seed, and all that is made of it. */
export interface PlannedMask {
  /** Unique name, usable in file names. */
  readonly name: string;
  readonly method: ComparedMethod;
  readonly keep: number;
  readonly seed: number;
  readonly settings: PruneSettings;
  readonly blocks: TokenBlocks;
  readonly cell: ChoiceCell;
  readonly rows: readonly PlannedRow[];
}

/** A mask under one recovery. */
export interface PlannedRow {
  readonly name: string;
  readonly recovery: Recovery;
  /** Absent if the mask is measured as it is. */
  readonly settings?: PruneSettings;
  /** Absent if it is not healed. */
  readonly heal?: { readonly settings: HealSettings; readonly texts: HealTexts };
  /** Where the recovered model stands until it is measured. */
  readonly folder: string;
  readonly cost: CostCell;
  readonly cells: readonly Cell[];
}

/** All work on one model, without an engine. */
export interface Plan {
  readonly path: string;
  readonly model: string;
  readonly checkpoint: Checkpoint;
  readonly evaluation: EvaluationData;
  readonly dense: readonly Cell[];
  readonly masks: readonly PlannedMask[];
  /** Masks that the model or the budget does not allow. */
  readonly impossible: readonly ImpossibleMask[];
}

export interface ImpossibleMask extends Pick<PlannedMask, 'name' | 'keep'> {
  readonly problem: string;
}

/** Name of a model in tables and cells. */
export const modelName = (path: string): string => basename(path).replace(/\.gguf$/i, '');

/** Plans the comparison on one model. The caller closes the checkpoint. */
export async function openPlan(path: string, options: PlanOptions): Promise<Plan> {
  const checkpoint = await openCheckpoint(path);
  try {
    const { calib, methods, keep, seeds, settings } = options;
    const model = modelName(path);
    const config = configOf(checkpoint);
    const tokenizer = await loadTokenizer(checkpoint);
    const identity = await modelIdentity(checkpoint);
    const evaluation = await readEvaluation(options, tokenizer, config);
    const cells = (name: string, inputs: unknown) => cellsOf(name, inputs, evaluation, tokenizer);
    const shared = { model, identity, cells };
    const masks: PlannedMask[] = [];
    const impossible: ImpossibleMask[] = [];
    for (const seed of seeds) {
      const { text } = parseSettings(settings);
      const { lossOn = 'all', ...sizes } = text;
      const roles = () => tokenizerRoles(checkpoint);
      const limits = { ...sizes, lossOn, seed, roles };
      const blocks = await calibrationBlocks(calib, 'train', tokenizer, config, limits);
      const heal = options.recoveries.some(({ heals }) => heals)
        ? await healing({ ...options.heal, seed }, ({ length, lossOn }) => {
            const all = { length, lossOn, blocks: Number.POSITIVE_INFINITY, roles };
            return calibrationBlocks(calib, 'train', tokenizer, config, all);
          })
        : undefined;
      for (const ratio of keep) {
        for (const method of methods) {
          const planned = planMask(method, { ...options, ...shared, keep: ratio, seed, blocks, heal });
          const problem = problemOf(checkpoint, planned.settings);
          if (problem === undefined) masks.push(planned);
          else impossible.push({ name: planned.name, keep: ratio, problem });
        }
      }
    }
    return {
      path,
      model,
      checkpoint,
      evaluation,
      dense: cells(`${model}-dense`, identity),
      masks,
      impossible,
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/** All of the calibration text, in the order of a healing. */
async function healing(
  settings: HealSettings,
  read: (settings: HealSettings) => Promise<TokenBlocks>,
): Promise<NonNullable<PlannedRow['heal']>> {
  const count = healSteps(settings) * settings.batch;
  const training = mixTexts([await read(settings)], { count, seed: settings.seed });
  return { settings, texts: { training } };
}

interface MaskOptions extends Omit<PlanOptions, 'keep' | 'seeds' | 'heal'> {
  readonly heal: PlannedRow['heal'] | undefined;
  readonly model: string;
  readonly identity: string;
  readonly keep: number;
  readonly seed: number;
  readonly blocks: TokenBlocks;
  readonly cells: (name: string, inputs: unknown) => readonly Cell[];
}

function planMask(method: ComparedMethod, options: MaskOptions): PlannedMask {
  const { model, identity, keep, seed, blocks, cells, out, recoveries, heal } = options;
  const name = `${model}-${method.name}-keep-${keep}-seed-${seed}`;
  const ofMask: SettingsInput = { ...withoutMethod(method.settings), budget: { keep }, seed };
  const given: SettingsInput = method.given ? { choice: 'given' } : {};
  const asked = parseSettings(options.settings, method.settings, given, { budget: { keep }, seed });
  const settings = choiceSettings(asked);
  const inputs = {
    model: identity,
    choice: flatSettings(settings),
    blocks: blocks.fingerprint,
    ...(method.given?.fingerprint === undefined ? {} : { method: method.given.fingerprint }),
  };
  const rows = recoveries.map((recovery): PlannedRow => {
    const own = recoverySettings(recovery, options.settings, ofMask);
    const healed = recovery.heals && heal;
    const ofRow = {
      ...{ mask: inputs, recovery: own ? flatSettings(own) : 'none' },
      ...(healed ? { heal: healed.settings, healText: healed.texts.training.fingerprint } : {}),
    };
    const rowName = `${name}-${recovery.name}`;
    return {
      name: rowName,
      recovery,
      ...(own ? { settings: own } : {}),
      ...(healed ? { heal: healed } : {}),
      folder: join(out, 'models', `${rowName}-${hashOf(ofRow)}`),
      cost: costCell(rowName, ofRow),
      cells: cells(rowName, ofRow),
    };
  });
  return { name, method, keep, seed, settings, blocks, cell: choiceCell(name, inputs), rows };
}

/** Settings that a method's recoveries need too: constraints of its masks, but not its choice. */
function withoutMethod({ method: _, ...settings }: SettingsInput): SettingsInput {
  return settings;
}

/** Why no mask can meet the settings, or undefined. */
function problemOf(checkpoint: Checkpoint, settings: PruneSettings): string | undefined {
  try {
    projectionOf(checkpoint, settings);
    return undefined;
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('GRASP_')) throw error;
    return (error as Error).message;
  }
}
