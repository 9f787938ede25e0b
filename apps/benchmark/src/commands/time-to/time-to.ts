import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { type BackendName, openEngine, parseSettings } from '@grasp/prune';
import { assertApart, pathsOf } from '../../shared/files/assert-apart.js';
import { assertEmpty } from '../../shared/files/assert-empty.js';
import { makeFolder } from '../../shared/files/make-folder.js';
import { modelPath } from '../../shared/models/named-model.js';
import {
  type ContestData,
  type ContestTexts,
  checkTexts,
  contestData,
} from '../../shared/official/contest-data.js';
import { forOfficial } from '../../shared/official/for-official.js';
import { measureModel } from '../../shared/official/measure-model.js';
import { officialArguments } from '../../shared/official/official-arguments.js';
import { checkClone } from '../../shared/official/official-clone.js';
import { officialPython } from '../../shared/official/official-python.js';
import { pruneOfficial } from '../../shared/official/prune-official.js';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { pruneApart } from '../../shared/own/prune-apart.js';
import type { Cost } from '../../shared/own/prune-own.js';

export interface TimeToOptions extends ContestTexts {
  /** Path or name. */
  readonly model: string;
  /** Perplexity to reach on the first of the texts. */
  readonly target: number;
  /** Calibration blocks of the first attempt; each attempt has twice as many as the one before. */
  readonly from: number;
  /** The most blocks to attempt. */
  readonly most: number;
  /** Settings of both, such as the budget. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings of this project alone, such as the method. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Runs of the first sufficient attempt, in alternation with the paper's code if there is a clone. */
  readonly rounds: number;
  /** Clone of the paper's repository. It is not modified. */
  readonly official?: string | undefined;
  readonly python?: string | undefined;
  readonly device: string;
  readonly backend?: BackendName | undefined;
  readonly threads?: number | undefined;
  /** Folder for models and data. */
  readonly out: string;
  readonly say: (line: string) => void;
  /** Called after each attempt with all so far. */
  readonly onAttempt?: (attempts: readonly Attempt[]) => Promise<void>;
}

/** One pruning, and the perplexity that it reached. */
export interface Attempt extends Cost {
  readonly by: 'grasp' | 'official';
  /** Calibration blocks that were read. */
  readonly blocks: number;
  readonly perplexity: number;
}

/**
 * Doubles the calibration blocks until a pruned model has the target perplexity, and repeats that attempt in alternation with
 * the paper's code. Each pruning runs in a process of its own; its time includes loading and writing, but not measuring.
 *
 * @returns all attempts in order. The last ones are the rounds, unless no attempt reached the target.
 * @throws OfficialError, PythonError, BenchOptionError
 */
export async function timeTo(options: TimeToOptions): Promise<Attempt[]> {
  const { target, from, most, rounds, out, say } = options;
  if (from > most)
    throw new BenchOptionError(
      `--from ${from} is more than --most ${most}. Begin with fewer blocks.`,
      'from',
    );
  if (options.official !== undefined) await checkClone(options.official);
  checkTexts(options.texts);
  await assertEmpty(out);
  const model = await modelPath(options.model);
  const texts = pathsOf([options.calib, options.scaleCalib, ...options.texts]);
  await assertApart(out, [model, ...(options.official === undefined ? [] : [options.official]), ...texts]);
  const checkpoint = await openCheckpoint(model);
  try {
    await makeFolder(join(out, 'work'));
    const data = await contestData(checkpoint, options, join(out, 'work'));
    const own = ownAttempts({ ...options, model }, checkpoint, data);
    const official =
      options.official && (await officialAttempts(options, options.official, checkpoint, data));
    const attempts: Attempt[] = [];
    const add = async (attempt: Attempt): Promise<Attempt> => {
      attempts.push(attempt);
      await options.onAttempt?.(attempts);
      return attempt;
    };
    let last: Attempt;
    for (let blocks = from; ; blocks *= 2) {
      last = await add(await own(blocks));
      if (last.perplexity <= target) break;
      if (2 * blocks > most || last.blocks < blocks) return attempts; // the text has no more
    }
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`);
      if (official) await add(await official());
      await add(await own(last.blocks));
    }
    return attempts;
  } finally {
    await checkpoint.close();
  }
}

/** Perplexity of a pruned model on the text, by our evaluator. */
async function reached(
  folder: string,
  { backend, threads, windows, say }: TimeToOptions,
  checkpoint: Checkpoint,
  data: ContestData,
): Promise<number> {
  const engine = await openEngine({ backend, threads, onWarning: say });
  const { perplexity } = await measureModel(folder, checkpoint, data, windows, engine);
  return Object.values(perplexity)[0]!;
}

function ownAttempts(options: TimeToOptions, checkpoint: Checkpoint, data: ContestData) {
  const { model, settings, own, out, backend, threads, say } = options;
  const folder = join(out, 'grasp');
  return async (blocks: number): Promise<Attempt> => {
    await rm(folder, { recursive: true, force: true }); // a complete model would be kept, and take no time
    const all = parseSettings({ method: 'grasp+' }, settings, own, { text: { blocks } });
    const texts = { calib: data.gates.rows, scaleCalib: data.scales.rows };
    const cost = await pruneApart({ model, settings: all, ...texts, folder, backend, threads }, say);
    return { by: 'grasp', ...cost, perplexity: await reached(folder, options, checkpoint, data) };
  };
}

/** The paper's code on all of its blocks: it has no result before its last step. */
async function officialAttempts(
  options: TimeToOptions,
  clone: string,
  checkpoint: Checkpoint,
  data: ContestData,
) {
  const { out, device, threads, say } = options;
  const settings = parseSettings({ projection: { rule: 'paper' } }, options.settings);
  const asArguments = officialArguments(settings);
  const script = { clone, work: join(out, 'work'), threads, say };
  const python = await officialPython(script, options.python);
  const dense = forOfficial(checkpoint);
  await writeCheckpoint(dense, join(out, 'dense'));
  const folder = join(out, 'official');
  return async (): Promise<Attempt> => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    const { cost } = await pruneOfficial(
      { ...script, python },
      {
        ...{ model: join(out, 'dense'), config: dense.config, settings: asArguments },
        ...{ dtype: settings.engine.dtype, device, folder },
        data: { ...data, tests: new Map() }, // measured as our models are
        window: Math.min(2048, configOf(checkpoint).contextLength),
      },
    );
    const perplexity = await reached(folder, options, checkpoint, data);
    return { by: 'official', blocks: settings.text.blocks, ...cost, perplexity };
  };
}
