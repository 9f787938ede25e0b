import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BudgetBelowFloorError } from '@grasp/budget';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import { type Engine, type PruneSettings, projectionOf, RUN_RECORD, type RunRecord } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import { CellStore, hashOf } from './cell-store.js';
import { calibration, type NamedText, readEvaluation } from './data.js';
import { measureSubject } from './measure-subject.js';
import { modelIdentity } from './model-identity.js';
import { type PaperModel, paperModelOf, readPaper } from './paper.js';
import { openPruned, pruneInto } from './prune-subject.js';
import { type Report, type ReportRow, reportRow } from './report.js';
import { ablationsOf, type Pruning, type Subject, type Suite, subjectsOf } from './suites.js';

export interface ReproduceOptions {
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
  readonly openEngine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/**
 * Prunes, evaluates and tabulates. Every finished cell and every finished pruning lies under `out` and is not done
 * again, so a run that was ended goes on where it stopped. Yields the report anew after each row.
 */
export async function* reproduce(options: ReproduceOptions): AsyncGenerator<Report> {
  const { settings, out, say } = options;
  const checkpoint = await openCheckpoint(options.model);
  try {
    const config = decoderConfig(checkpoint.config);
    const tokenizer = await loadTokenizer(checkpoint);
    const corpora = options.calib.map(({ name }) => name);
    const wanted = { suites: options.suites, keep: options.keep, settings, corpora };
    const { subjects, impossible } = meetable(subjectsOf(wanted), checkpoint); // refused before work

    const paper = await paperOf(checkpoint.config, options.model);
    const data = await readEvaluation(options, tokenizer, config);
    const engine = await options.openEngine();
    const identity = await modelIdentity(checkpoint);
    const store = new CellStore(join(out, 'cells'));
    const job = { store, engine, tokenizer, data, say };

    const pruned = async ({ settings, corpus }: Pruning): Promise<{ folder: string; inputs: unknown }> => {
      const gates = options.calib.find(({ name }) => name === corpus)!;
      const gateBlocks = await calibration(gates, 'train', tokenizer, config, settings);
      const scaleBlocks = await calibration(options.scaleCalib, 'validation', tokenizer, config, settings);
      const fingerprints = { gates: gateBlocks.fingerprint, scales: scaleBlocks.fingerprint };
      const inputs = { model: identity, settings, ...fingerprints };
      const folder = join(out, 'models', `keep-${settings.keep}-${hashOf(inputs)}`);
      await pruneInto({ checkpoint, engine, settings, gateBlocks, scaleBlocks, folder, say });
      return { folder, inputs };
    };

    const rows: ReportRow[] = [];
    for (const subject of subjects) {
      rows.push(await rowOf(subject));
      yield {
        model: basename(options.model),
        ...(paper ? { paper: paper.name } : {}),
        engine: engine.description,
        rows: [...rows],
        ablations: ablationsOf(wanted),
        missing: [...data.missing, ...impossible],
      };
    }

    async function rowOf(subject: Subject): Promise<ReportRow> {
      if (!subject.pruning) {
        const measured = await measureSubject(
          subject.name,
          identity,
          () => openCheckpoint(options.model),
          job,
        );
        return reportRow(subject, measured, paper);
      }
      const { folder, inputs } = await pruned(subject.pruning);
      const unscaled = subject.unscaled ?? false;
      const open = () => openPruned(folder, options.model, { unscaled });
      const measured = await measureSubject(subject.name, { inputs, unscaled }, open, job);
      return reportRow(subject, measured, paper, await keptOf(folder));
    }
  } finally {
    await checkpoint.close();
  }
}

/**
 * The subjects whose budgets the model can meet, and a line for each of the others.
 *
 * @throws BudgetBelowFloorError if one of the others is not optional
 */
function meetable(
  wanted: readonly Subject[],
  checkpoint: Checkpoint,
): { subjects: Subject[]; impossible: string[] } {
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

async function keptOf(folder: string): Promise<number> {
  const { before, after } = JSON.parse(await readFile(join(folder, RUN_RECORD), 'utf8')) as RunRecord;
  return after.prunableParameters / before.prunableParameters;
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
