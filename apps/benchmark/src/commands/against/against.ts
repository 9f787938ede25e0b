import { mkdir, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import { pythonEnvironment } from '@grasp/lm-eval';
import { type BackendName, openEngine, type PruneSettings, projectionOf } from '@grasp/prune';
import { BenchOptionError } from '../reproduce/bench-error.js';
import { type ContestTexts, checkTexts, contestData } from './contest-data.js';
import { forOfficial } from './for-official.js';
import { type Measurement, measureModel } from './measure-model.js';
import { officialArguments } from './official-arguments.js';
import { pruneApart } from './prune-apart.js';
import { pruneOfficial } from './prune-official.js';
import { type Cost, checkClone } from './run-official.js';

export interface AgainstOptions extends ContestTexts {
  readonly model: string;
  /** A clone of the paper's repository, which stays as it is. */
  readonly official: string;
  /** Interpreter for it. Default: that of an environment made of what the clone's requirements.txt pins. */
  readonly python?: string | undefined;
  /** PyTorch's name of where the paper's code runs. */
  readonly device: string;
  readonly settings: PruneSettings;
  readonly backend?: BackendName | undefined;
  readonly threads?: number | undefined;
  /** A folder that is empty or not there yet. */
  readonly out: string;
  readonly say: (line: string) => void;
}

/** Two implementations on one model. */
export interface Contest {
  readonly model: string;
  readonly settings: PruneSettings;
  readonly engine: string;
  readonly dense: Measurement;
  readonly official: Measurement & { readonly cost: Cost };
  readonly grasp: Measurement & { readonly cost: Cost };
  /** The official model's, by text, as the paper's evaluator has them in the dtype of the run. */
  readonly officialPerplexity: Readonly<Record<string, number>>;
}

/**
 * Prunes a model by the paper's own code and by this project, on the same text under the same settings, and measures
 * both by the same evaluator.
 *
 * @throws OfficialError, PythonError, BenchOptionError
 */
export async function against(options: AgainstOptions): Promise<Contest> {
  const { model, settings, say, backend, threads, device } = options;
  const [official, out] = [resolve(options.official), resolve(options.out)];
  await checkClone(official);
  checkTexts(options.texts);
  const asArguments = officialArguments(settings);
  const checkpoint = await openCheckpoint(model);
  try {
    projectionOf(checkpoint, settings); // refused before any work
    await checkEmpty(out);
    const requirements = join(official, 'requirements.txt');
    const python = await pythonEnvironment(requirements, { python: options.python, onProgress: say });
    const at = (name: string) => join(out, name);
    for (const name of ['work', 'official']) await mkdir(at(name), { recursive: true });
    const data = await contestData(checkpoint, options, at('work'));
    const dense = forOfficial(checkpoint);
    await writeCheckpoint(dense, at('dense'));

    const job = { python, clone: official, work: at('work'), threads, say };
    const theirs = await pruneOfficial(job, {
      model: at('dense'),
      config: dense.config,
      settings: asArguments,
      dtype: settings.engine.dtype,
      device,
      data,
      folder: at('official'),
      window: Math.min(2048, decoderConfig(checkpoint.config).contextLength),
    });
    const texts = { calib: data.gates.rows, scaleCalib: data.scales.rows };
    const cost = await pruneApart({ model, settings, ...texts, folder: at('grasp'), backend, threads }, say);

    const engine = await openEngine({ backend, threads, onWarning: say });
    const measure = (folder: string) => measureModel(folder, checkpoint, data, options.windows, engine);
    return {
      model: basename(model),
      settings,
      engine: engine.description,
      dense: await measure(model),
      official: { ...(await measure(at('official'))), cost: theirs.cost },
      grasp: { ...(await measure(at('grasp'))), cost },
      officialPerplexity: theirs.perplexity,
    };
  } finally {
    await checkpoint.close();
  }
}

/** What an earlier run left would be taken for this one's. */
async function checkEmpty(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  if (names.length > 0) throw new BenchOptionError(`${out} is not empty: name another folder.`, 'out');
}
