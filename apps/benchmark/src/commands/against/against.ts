import { basename, join, resolve } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import {
  type BackendName,
  checkEngineOptions,
  openEngine,
  type PruneSettings,
  projectionOf,
} from '@grasp/prune';
import { assertApart, pathsOf } from '../../shared/files/assert-apart.js';
import { assertEmpty } from '../../shared/files/assert-empty.js';
import { makeFolder } from '../../shared/files/make-folder.js';
import { modelPath } from '../../shared/models/named-model.js';
import { type ContestTexts, checkTexts, contestData } from '../../shared/official/contest-data.js';
import { forOfficial } from '../../shared/official/for-official.js';
import { type Measurement, measureModel } from '../../shared/official/measure-model.js';
import { officialArguments } from '../../shared/official/official-arguments.js';
import { checkClone } from '../../shared/official/official-clone.js';
import { officialPython } from '../../shared/official/official-python.js';
import { pruneOfficial } from '../../shared/official/prune-official.js';
import { pruneApart } from '../../shared/own/prune-apart.js';
import type { Cost } from '../../shared/own/prune-own.js';

export interface AgainstOptions extends ContestTexts {
  /** Path or name. */
  readonly model: string;
  /** Clone of the paper's repository. It is not modified. */
  readonly official: string;
  /** Python for the clone. Default: an environment made from the clone's requirements.txt. */
  readonly python?: string | undefined;
  /** PyTorch device of the paper's code. */
  readonly device: string;
  readonly settings: PruneSettings;
  readonly backend?: BackendName | undefined;
  readonly threads?: number | undefined;
  /** Output folder. Must be empty or not exist. */
  readonly out: string;
  readonly say: (line: string) => void;
}

/** Results of both implementations on one model. */
export interface Contest {
  readonly model: string;
  readonly settings: PruneSettings;
  readonly engine: string;
  readonly dense: Measurement;
  readonly official: Measurement & { readonly cost: Cost };
  readonly grasp: Measurement & { readonly cost: Cost };
  /** Perplexity of the official model by text, from the paper's evaluator in the dtype of the run. */
  readonly officialPerplexity: Readonly<Record<string, number>>;
}

/**
 * Prunes a model with the paper's code and with this project, on the same text with the same settings, and measures
 * both with the same evaluator.
 *
 * @throws OfficialError, PythonError, BenchOptionError, EngineError
 */
export async function against(options: AgainstOptions): Promise<Contest> {
  const { settings, say, backend, threads, device } = options;
  const [official, out] = [resolve(options.official), resolve(options.out)];
  await checkClone(official);
  checkTexts(options.texts);
  checkEngineOptions({ backend, threads });
  const asArguments = officialArguments(settings);
  await assertEmpty(out);
  const model = await modelPath(options.model);
  const texts = pathsOf([options.calib, options.scaleCalib, ...options.texts]);
  await assertApart(out, [model, official, ...texts]);
  const checkpoint = await openCheckpoint(model);
  try {
    projectionOf(checkpoint, settings); // throws before any work if the budget cannot be met
    const at = (name: string) => join(out, name);
    for (const name of ['work', 'official']) await makeFolder(at(name));
    const script = { clone: official, work: at('work'), threads, say };
    const python = await officialPython(script, options.python);
    const data = await contestData(checkpoint, options, at('work'));
    const dense = forOfficial(checkpoint);
    await writeCheckpoint(dense, at('dense'));

    const theirs = await pruneOfficial(
      { ...script, python },
      {
        model: at('dense'),
        config: dense.config,
        settings: asArguments,
        dtype: settings.engine.dtype,
        device,
        data,
        folder: at('official'),
        window: Math.min(2048, configOf(checkpoint).contextLength),
      },
    );
    const rows = { calib: data.gates.rows, scaleCalib: data.scales.rows };
    const cost = await pruneApart({ model, settings, ...rows, folder: at('grasp'), backend, threads }, say);

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
