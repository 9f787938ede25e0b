import { keptPerBlock, type Layout } from '@grasp/budget';
import type { TokenBlocks } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import { type BudgetOutcome, budgetOutcomes, type StatedBudget } from './budgets.js';
import { describeModel } from './describe-model.js';
import type { Subject } from './events.js';
import type { Learned } from './learning/learn.js';
import type { PruneJob } from './prune-job.js';
import type { PruneSettings } from './settings.js';
import { version } from './version.js';

/** Name of the record in the output folder. */
export const RUN_RECORD = 'grasp.json';
/** Name of the file with mask and scales beside it. */
export const MASK_FILE = 'grasp-mask.json';
/** Name of the card that the Hub shows. */
export const CARD = 'README.md';

interface Sizes {
  readonly parameters: number;
  readonly prunableParameters: number;
  /** In half precision. */
  readonly kvCacheBytesPerToken: number;
}

/** Everything needed to know what a run did and to do it again. Equal runs write equal records. */
export interface RunRecord {
  readonly format: 'grasp-run';
  readonly version: 1;
  readonly versions: Readonly<Record<string, string>>;
  readonly model: string;
  readonly settings: PruneSettings;
  readonly data: {
    readonly gates: DataRecord;
    readonly scales: DataRecord;
    readonly evaluation: Readonly<Record<string, DataRecord>>;
  };
  /** What was asked for, and what was met, counted in the written model. `keep` counts in FFN channels. */
  readonly budgets: readonly BudgetOutcome[];
  readonly before: Sizes;
  readonly after: Sizes;
  /** Units kept in each layer. */
  readonly layers: readonly { readonly layer: number; readonly ffn: number; readonly kv: number }[];
  /** Loss of each step. */
  readonly losses: Learned['losses'];
  /** By text, of each model measured. */
  readonly perplexity: Readonly<Partial<Record<Subject, Readonly<Record<string, number>>>>>;
  readonly maskFile: typeof MASK_FILE;
}

interface DataRecord {
  readonly fingerprint: string;
  readonly description: string;
  readonly shape: readonly [number, number];
}

const dataRecord = ({ fingerprint, description, shape }: TokenBlocks): DataRecord => ({
  fingerprint,
  description,
  shape,
});

function sizesOf(checkpoint: Checkpoint): Sizes {
  const { parameters, kvCacheBytesPerToken } = describeModel(checkpoint);
  return { parameters: parameters.total, prunableParameters: parameters.prunable, kvCacheBytesPerToken };
}

function keptPerLayer(layout: Layout, mask: Uint8Array): RunRecord['layers'] {
  const kept = keptPerBlock(layout, mask);
  const layers = new Map<number, { layer: number; ffn: number; kv: number }>();
  layout.blocks.forEach(({ layer, kind }, index) => {
    const entry = layers.get(layer) ?? { layer, ffn: 0, kv: 0 };
    entry[kind === 'kv' ? 'kv' : 'ffn'] = kept[index]!;
    layers.set(layer, entry);
  });
  return [...layers.values()];
}

/** What a run is made from, but for the model's weights: runs of one model that agree in it write equal records. */
export function runInputs(job: RunSource): Pick<RunRecord, 'versions' | 'model' | 'settings' | 'data'> {
  const { engine, checkpoint, settings, gateBlocks, scaleBlocks = gateBlocks, evaluation = [] } = job;
  return {
    versions: { grasp: version, node: process.versions.node, engine: engine.description },
    model: checkpoint.source,
    settings,
    data: {
      gates: dataRecord(gateBlocks),
      scales: dataRecord(scaleBlocks),
      evaluation: Object.fromEntries(evaluation.map(({ name, windows }) => [name, dataRecord(windows)])),
    },
  };
}

type RunSource = Pick<
  PruneJob,
  'engine' | 'checkpoint' | 'settings' | 'gateBlocks' | 'scaleBlocks' | 'evaluation'
>;

export interface RunOutcome {
  readonly layout: Layout;
  readonly budgets: readonly StatedBudget[];
  readonly learned: Learned;
  readonly pruned: Checkpoint;
  readonly perplexity: RunRecord['perplexity'];
}

/** The record of a finished run. */
export function runRecord(job: RunSource, outcome: RunOutcome): RunRecord {
  const { checkpoint: dense } = job;
  const { layout, learned, pruned } = outcome;
  return {
    format: 'grasp-run',
    version: 1,
    ...runInputs(job),
    budgets: budgetOutcomes(outcome.budgets, dense, pruned),
    before: sizesOf(dense),
    after: sizesOf(pruned),
    layers: keptPerLayer(layout, learned.mask),
    losses: learned.losses,
    perplexity: outcome.perplexity,
    maskFile: MASK_FILE,
  };
}
