import { basename, join } from 'node:path';
import { BudgetBelowFloorError } from '@grasp/budget';
import type { TokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, tokenizerRoles } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { flatSettings, type PruneSettings, projectionOf } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import { type Cell, cellsOf } from '../../../shared/cells/cells.js';
import { hashOf } from '../../../shared/cells/hash.js';
import { once } from '../../../shared/cells/once.js';
import { type EvaluationData, readEvaluation } from '../../../shared/data/evaluation-data.js';
import type { NamedText } from '../../../shared/data/named-text.js';
import { calibrationBlocks } from '../../../shared/data/token-blocks.js';
import { modelIdentity } from '../../../shared/models/model-identity.js';
import { type PaperModel, paperModelOf, readPaper } from '../report/paper.js';
import { type Ablation, ablationsOf, type Subject, type Suite, subjectsOf } from '../suites/suites.js';
import { openPruned } from './open-pruned.js';

export interface PlanOptions {
  readonly model: string;
  readonly keep: readonly number[];
  readonly suites: readonly Suite[];
  readonly settings: PruneSettings;
  /** Corpora to learn the gates on. All suites but `corpus` use the first. */
  readonly calib: readonly NamedText[];
  /** Corpus to calibrate the scales on. */
  readonly scaleCalib: NamedText;
  readonly texts: readonly NamedText[];
  readonly tasks: readonly string[];
  readonly data?: string | undefined;
  readonly windows?: number | undefined;
  readonly limit?: number | undefined;
  readonly out: string;
}

/** A pruning, its calibration blocks and its output folder. */
interface PlannedPruning {
  readonly settings: PruneSettings;
  readonly gateBlocks: TokenBlocks;
  readonly scaleBlocks: TokenBlocks;
  readonly folder: string;
  /** All values that the pruned weights depend on. */
  readonly inputs: unknown;
}

/** All work of a reproduction, without an engine. Texts are read on first use. */
export interface Plan {
  /** Name of the model. */
  readonly model: string;
  readonly checkpoint: Checkpoint;
  readonly paper: PaperModel | undefined;
  readonly subjects: readonly Subject[];
  readonly ablations: readonly Ablation[];
  /** One line for each subject whose budget the model cannot meet. */
  readonly impossible: readonly string[];
  evaluation(): Promise<EvaluationData>;
  /** How a subject is pruned. Undefined for the dense model. */
  pruning(subject: Subject): Promise<PlannedPruning | undefined>;
  cells(subject: Subject): Promise<readonly Cell[]>;
  /** Opens the model of a subject, which must already be pruned. */
  open(subject: Subject): Promise<Checkpoint>;
  close(): Promise<void>;
}

/**
 * Opens the model and plans all subjects of the suites.
 *
 * @throws BudgetBelowFloorError if the model cannot meet a budget, unless the subject is optional.
 */
export async function openPlan(options: PlanOptions): Promise<Plan> {
  const { model, suites, keep, settings, out } = options;
  const checkpoint = await openCheckpoint(model);
  try {
    const config = configOf(checkpoint);
    const tokenizer = await loadTokenizer(checkpoint);
    const wanted = { suites, keep, settings, corpora: options.calib.map(({ name }) => name) };
    const feasible = splitByBudget(subjectsOf(wanted), checkpoint);
    const paper = await paperOf(checkpoint.config, model);
    const identity = await modelIdentity(checkpoint);

    const evaluation = once(() => readEvaluation(options, tokenizer, config));
    const blocks = new Map<string, () => Promise<TokenBlocks>>();
    const roles = () => tokenizerRoles(checkpoint);
    const blocksOf = (source: NamedText, split: string, { text }: PruneSettings) => {
      const { length, blocks: max, lossOn } = text;
      const key = JSON.stringify([source, split, length, max, lossOn]);
      const limits = { length, blocks: max, lossOn, roles };
      const read = () => calibrationBlocks(source, split, tokenizer, config, limits);
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
      ...feasible,
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

/** The subjects whose budgets the model can meet, and one line for each of the others. */
function splitByBudget(
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
