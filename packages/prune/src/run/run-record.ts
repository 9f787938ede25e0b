import type { TokenBlocks } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import { configOf, describeModel, maskedShapes } from '@grasp/decoder';
import { importancePlan } from '../learning/importance-plan.js';
import type { HeldOutResult } from '../learning/keep-share.js';
import type { Learned } from '../learning/learn.js';
import { type GivenChoice, givenMethod } from '../methods/given-method.js';
import { type BudgetOutcome, budgetOutcomes, type StatedBudget } from '../projection/budgets.js';
import { parseSettings } from '../settings/parse.js';
import type { PruneSettings } from '../settings/schema.js';
import type { Subject } from './events.js';
import type { PruneJob } from './prune-job.js';
import { version } from './version.js';

/** Name of the record in the output folder. */
export const RUN_RECORD = 'grasp.json';
/** Name of the file with the mask and the scales, in the same folder. */
export const MASK_FILE = 'grasp-mask.json';
/** Name of the model card, in the same folder. */
export const CARD = 'README.md';

interface Sizes {
  readonly parameters: number;
  readonly prunableParameters: number;
  /** At two bytes per element. */
  readonly kvCacheBytesPerToken: number;
}

/**
 * Everything needed to understand a run and to repeat it. Equal runs write equal records.
 *
 * Version 1, of earlier releases, has flat settings; `readRunRecord` reads both.
 */
export interface RunRecord {
  readonly format: 'grasp-run';
  readonly version: 2;
  readonly versions: Readonly<Record<string, string>>;
  readonly model: string;
  readonly settings: PruneSettings;
  /** Name of the method, where the caller gave one: settings.choice is then `given`. */
  readonly chosenBy?: string;
  readonly data: {
    readonly gates: DataRecord;
    readonly scales: DataRecord;
    readonly evaluation: Readonly<Record<string, DataRecord>>;
  };
  /** Each budget and what the written model uses of it. `keep` is counted in FFN channels. */
  readonly budgets: readonly BudgetOutcome[];
  readonly before: Sizes;
  readonly after: Sizes;
  /** Number of units kept in each layer. */
  readonly layers: readonly { readonly layer: number; readonly ffn: number; readonly kv: number }[];
  /** Loss of each step. */
  readonly losses: Learned['losses'];
  /** What held-out text says of tuning; absent without such text. */
  readonly heldOut?: HeldOutResult;
  /** Perplexity of each measured model, by text. */
  readonly perplexity: Readonly<Partial<Record<Subject, Readonly<Record<string, number>>>>>;
  readonly maskFile: typeof MASK_FILE;
}

/** What a record says of a text. */
export interface DataRecord {
  readonly fingerprint: string;
  readonly description: string;
  readonly shape: readonly [number, number];
}

export const dataRecord = ({ fingerprint, description, shape }: TokenBlocks): DataRecord => ({
  fingerprint,
  description,
  shape,
});

function sizesOf(checkpoint: Checkpoint): Sizes {
  const { parameters, kvCacheBytesPerToken } = describeModel(checkpoint);
  return { parameters: parameters.total, prunableParameters: parameters.prunable, kvCacheBytesPerToken };
}

function keptPerLayer(dense: Checkpoint, mask: Uint8Array): RunRecord['layers'] {
  return maskedShapes(configOf(dense), mask).map(({ channels, kvHeads }, layer) => ({
    layer,
    ffn: channels,
    kv: kvHeads,
  }));
}

/** The settings with what they leave to the budget and to the text. */
function planned(settings: PruneSettings, { shape }: TokenBlocks): PruneSettings {
  if (settings.choice !== 'importance') return settings;
  return parseSettings(settings, { importance: importancePlan(settings, shape[0]) });
}

/** The inputs of a run, except the weights. Two runs of one model with equal inputs write equal records. */
export function runInputs(
  job: RunSource,
): Pick<RunRecord, 'versions' | 'model' | 'settings' | 'chosenBy' | 'data'> {
  const { engine, checkpoint, settings, gateBlocks, scaleBlocks = gateBlocks, evaluation = [] } = job;
  const method = givenMethod(job);
  return {
    versions: { grasp: version, node: process.versions.node, engine: engine.description },
    model: checkpoint.source,
    settings: planned(settings, gateBlocks),
    ...(method ? { chosenBy: method.name } : {}),
    data: {
      gates: dataRecord(gateBlocks),
      scales: dataRecord(scaleBlocks),
      evaluation: Object.fromEntries(evaluation.map(({ name, windows }) => [name, dataRecord(windows)])),
    },
  };
}

type RunSource = GivenChoice &
  Pick<PruneJob, 'engine' | 'checkpoint' | 'settings' | 'gateBlocks' | 'scaleBlocks' | 'evaluation'>;

export interface RunOutcome {
  readonly budgets: readonly StatedBudget[];
  readonly learned: Learned;
  readonly dense: Checkpoint;
  readonly pruned: Checkpoint;
  readonly perplexity: RunRecord['perplexity'];
}

/** The record of a finished run. */
export function runRecord(job: RunSource, outcome: RunOutcome): RunRecord {
  const { learned, dense, pruned } = outcome;
  return {
    format: 'grasp-run',
    version: 2,
    ...runInputs(job),
    budgets: budgetOutcomes(outcome.budgets, dense, pruned, learned.mask),
    before: sizesOf(dense),
    after: sizesOf(pruned),
    layers: keptPerLayer(dense, learned.mask),
    losses: learned.losses,
    ...(learned.heldOut ? { heldOut: learned.heldOut } : {}),
    perplexity: outcome.perplexity,
    maskFile: MASK_FILE,
  };
}
