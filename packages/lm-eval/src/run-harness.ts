import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataRecord } from '@grasp/calib-data';
import { execa } from 'execa';
import { type HarnessTask, readHarnessOutput } from './agreement/samples.js';
import { HarnessError } from './errors.js';
import type { Harness } from './harness.js';
import { writeLocalTask } from './local-tasks.js';
import { lastLines } from './python/install.js';

/** Progress of the harness. `loading` has no numbers. */
export type HarnessProgress =
  | { readonly stage: 'loading' }
  | { readonly stage: 'tokenizing' | 'scoring'; readonly done: number; readonly total: number };

export interface HarnessRun {
  /** A folder that transformers can load; see `withTransformersFolder`. */
  readonly model: string;
  readonly tasks: readonly string[];
  /** Lets transformers run Python files of the folder. Default false. */
  readonly trustRemoteCode?: boolean | undefined;
  /** Items of tasks, for use offline. The harness reads other tasks from the Hub or its cache. */
  readonly records?: Readonly<Record<string, readonly DataRecord[]>>;
  /** Maximum number of items per task. Default all. */
  readonly limit?: number | undefined;
  /** Default float32. */
  readonly dtype?: string | undefined;
  /** Default `cpu`. */
  readonly device?: string | undefined;
  /** Requests per batch. Default 8. */
  readonly batch?: number | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs lm-evaluation-harness on a model and yields its progress.
 *
 * @returns metrics and logged samples of each task.
 * @throws HarnessError with the last lines of the output; an AbortError if `signal` was aborted.
 */
export async function* runHarness(
  harness: Harness,
  run: HarnessRun,
): AsyncGenerator<HarnessProgress, HarnessTask[], undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-lm-eval-'));
  try {
    yield { stage: 'loading' };
    await prepare(folder, harness, run);
    yield* follow(harness, run, folder);
    return await readHarnessOutput(join(folder, 'out'), run.tasks);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes local tasks and the configuration of the run. JSON is valid YAML, and paths in it may contain commas. */
async function prepare(folder: string, harness: Harness, run: HarnessRun): Promise<void> {
  const { records = {}, limit, dtype = 'float32', device = 'cpu', batch = 8, trustRemoteCode = false } = run;
  const tasks = join(folder, 'tasks');
  await mkdir(tasks);
  for (const [task, items] of Object.entries(records)) {
    await writeLocalTask(tasks, join(harness.folder, 'tasks'), task, items);
  }
  const config = {
    model: 'hf',
    model_args: { pretrained: run.model, dtype, trust_remote_code: trustRemoteCode },
    tasks: run.tasks,
    num_fewshot: 0,
    batch_size: batch,
    device,
    ...(limit === undefined ? {} : { limit }),
    log_samples: true,
    output_path: join(folder, 'out'),
    include_path: tasks,
  };
  await writeFile(join(folder, 'run.yaml'), JSON.stringify(config));
}

async function* follow(
  harness: Harness,
  run: HarnessRun,
  folder: string,
): AsyncGenerator<HarnessProgress, void, undefined> {
  const offline = run.tasks.every((task) => run.records?.[task] !== undefined);
  const child = execa(harness.python, ['-m', 'lm_eval', 'run', '--config', join(folder, 'run.yaml')], {
    cwd: folder,
    stdin: 'ignore',
    reject: false,
    env: {
      ...(offline ? { HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1' } : {}),
      // Copies of local items and of a model's code are deleted after the run.
      ...(offline ? { HF_DATASETS_CACHE: join(folder, 'datasets') } : {}),
      HF_MODULES_CACHE: join(folder, 'modules'),
      TOKENIZERS_PARALLELISM: 'false',
      PYTHONUNBUFFERED: '1',
      ...(run.threads === undefined ? {} : { OMP_NUM_THREADS: String(run.threads) }),
    },
    ...(run.signal ? { cancelSignal: run.signal } : {}),
  });
  try {
    let last: string | undefined;
    for await (const chunk of child.stderr) {
      const progress = parseProgress(String(chunk));
      const key = JSON.stringify(progress);
      if (progress && key !== last) yield progress;
      last = key ?? last;
    }
    const { failed, stderr, stdout, isTerminated, signal } = await child;
    run.signal?.throwIfAborted();
    if (failed)
      throw failure(run, lastLines(withoutBars(stderr || stdout)), isTerminated ? signal : undefined);
  } finally {
    child.kill(); // the caller may have stopped iterating
    await child;
  }
}

function failure({ model }: HarnessRun, output: string, signal: string | undefined): HarnessError {
  const how = signal === undefined ? 'stopped' : `was ended by ${signal}, possibly for lack of memory,`;
  return new HarnessError(`lm_eval ${how} on ${model}:\n${output}`, output);
}

/** Parses the last progress bar of tqdm in a piece of output. */
export function parseProgress(text: string): HarnessProgress | undefined {
  const bars = [
    ...text.matchAll(/(Tokenizing inputs|Running loglikelihood requests):[^\r\n]*?(\d+)\/(\d+) \[/g),
  ];
  const [, label, done, total] = bars.at(-1) ?? [];
  if (label === undefined) return undefined;
  const stage = label.startsWith('Running') ? 'scoring' : 'tokenizing';
  return { stage, done: Number(done), total: Number(total) };
}

/** Removes the progress bars of tqdm, which tell nothing after a failed run. */
function withoutBars(text: string): string {
  return text
    .split(/[\r\n]+/)
    .filter((line) => !/\d+%\|/.test(line))
    .join('\n');
}
