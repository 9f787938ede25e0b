import { basename, join } from 'node:path';
import { BudgetBelowFloorError } from '@grasp/budget';
import type { TokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import { flatSettings, type PruneSettings, projectionOf } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import { hashOf } from './cell-store.js';
import { type Cell, cellsOf } from './cells.js';
import { calibration, type EvaluationData, type NamedText, readEvaluation } from './data.js';
import { modelIdentity } from './model-identity.js';
import { once } from './once.js';
import { type PaperModel, paperModelOf, readPaper } from './paper.js';
import { openPruned } from './prune-subject.js';
import { type Ablation, ablationsOf, type Subject, type Suite, subjectsOf } from './suites.js';

export interface PlanOptions {
  readonly model: string;
  readonly keep: readonly number[];
  readonly suites: readonly Suite[];
  readonly settings: PruneSettings;
  /** Corpora to learn gates on; the first is the paper's part. */
  readonly calib: readonly NamedText[];
  /** To calibrate the scales on. */
  readonly scaleCalib: NamedText;
  readonly texts: readonly NamedText[];
  readonly tasks: readonly string[];
  readonly data?: string | undefined;
  readonly windows?: number | undefined;
  readonly limit?: number | undefined;
  readonly out: string;
}

/** A pruning with its text, and where it goes. */
export interface PlannedPruning {
  readonly settings: PruneSettings;
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
  readonly folder: string;
  /** Everything that decides the pruned weights. */
  readonly inputs: unknown;
}

/** All that a reproduction consists of, without an engine. Text is read when it is first asked for. */
export interface Plan {
  /** Name of the model. */
  readonly model: string;
  readonly checkpoint: Checkpoint;
  readonly paper: PaperModel | undefined;
  readonly subjects: readonly Subject[];
  readonly ablations: readonly Ablation[];
  /** A line for each subject whose budget the model cannot meet. */
  readonly impossible: readonly string[];
  evaluation(): Promise<EvaluationData>;
  /** How a subject is pruned; the dense model is not. */
  pruning(subject: Subject): Promise<PlannedPruning | undefined>;
  cells(subject: Subject): Promise<readonly Cell[]>;
  /** The subject's model, pruned before. */
  open(subject: Subject): Promise<Checkpoint>;
  close(): Promise<void>;
}

/** @throws BudgetBelowFloorError for a budget that the model cannot meet, unless its subject is optional. */
export async function openPlan(options: PlanOptions): Promise<Plan> {
  const { model, suites, keep, settings, out } = options;
  const checkpoint = await openCheckpoint(model);
  try {
    const config = decoderConfig(checkpoint.config);
    const tokenizer = await loadTokenizer(checkpoint);
    const wanted = { suites, keep, settings, corpora: options.calib.map(({ name }) => name) };
    const meetable = meetableOf(subjectsOf(wanted), checkpoint);
    const paper = await paperOf(checkpoint.config, model);
    const identity = await modelIdentity(checkpoint);

    const evaluation = once(() => readEvaluation(options, tokenizer, config));
    const blocks = new Map<string, () => Promise<TokenBlocks>>();
    const blocksOf = (
      source: NamedText,
      split: string,
      { text: { length, blocks: most } }: PruneSettings,
    ) => {
      const key = JSON.stringify([source, split, length, most]);
      const read = () => calibration(source, split, tokenizer, config, { length, blocks: most });
      blocks.set(key, blocks.get(key) ?? once(read));
      return blocks.get(key)!();
    };

    const pruning = async ({ pruning }: Subject): Promise<PlannedPruning | undefined> => {
      if (!pruning) return undefined;
      const { settings, corpus } = pruning;
      const gates = options.calib.find(({ name }) => name === corpus)!;
      const gateBlocks = await blocksOf(gates, 'train', settings);
      const scaleBlocks = await blocksOf(options.scaleCalib, 'validation', settings);
      const fingerprints = { gates: gateBlocks.fingerprint, scales: scaleBlocks.fingerprint };
      // Results that earlier releases stored have keys made of the flat settings.
      const inputs = { model: identity, settings: flatSettings(settings), ...fingerprints };
      const folder = join(out, 'models', `keep-${settings.budget.keep}-${hashOf(inputs)}`);
      return { settings, gateBlocks, scaleBlocks, folder, inputs };
    };

    return {
      model: basename(model),
      checkpoint,
      paper,
      ...meetable,
      ablations: ablationsOf(wanted),
      evaluation,
      pruning,
      async cells(subject) {
        const { unscaled = false } = subject;
        const planned = await pruning(subject);
        const weights = planned ? { inputs: planned.inputs, unscaled } : identity;
        return cellsOf(subject.name, weights, await evaluation(), tokenizer);
      },
      async open(subject) {
        const { unscaled = false } = subject;
        const planned = await pruning(subject);
        return planned ? openPruned(planned.folder, model, { unscaled }) : openCheckpoint(model);
      },
      close: () => checkpoint.close(),
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/** The subjects whose budgets the model can meet, and a line for each of the others. */
function meetableOf(
  wanted: readonly Subject[],
  checkpoint: Checkpoint,
): Pick<Plan, 'subjects' | 'impossible'> {
  const impossible: string[] = [];
  const subjects = wanted.filter(({ title, pruning, optional = false }) => {
    try {
      if (pruning) projectionOf(checkpoint, pruning.settings);
      return true;
    } catch (error) {
      if (!optional || !(error instanceof BudgetBelowFloorError)) throw error;
      impossible.push(`${title}: ${error.message}`);
      return false;
    }
  });
  return { subjects, impossible };
}

async function paperOf(
  config: Readonly<Record<string, unknown>>,
  model: string,
): Promise<PaperModel | undefined> {
  const own = config._name_or_path;
  return paperModelOf(await readPaper(), config, [
    basename(model),
    ...(typeof own === 'string' ? [own] : []),
  ]);
}
