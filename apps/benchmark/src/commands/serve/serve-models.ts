import { join } from 'node:path';
import type { GgufFileType } from '@grasp/export';
import { CellStore } from '../../shared/cells/cell-store.js';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { describeMachine } from '../../shared/timing/machine.js';
import { type Contest, measureRounds } from './measure-rounds.js';
import { type GivenModel, givenModels, prepareModels } from './models/prepare.js';
import type { ServeReport } from './report/serve-report.js';
import { serveText, writeServing } from './report/write-serving.js';
import { llamaCpp } from './runtimes/llama-cpp.js';
import type { FoundRuntime, RuntimeName } from './runtimes/runtime.js';
import { type VllmOptions, vllm } from './runtimes/vllm.js';
import type { Load, Serving } from './serving.js';

export interface ServeOptions extends Load, Pick<VllmOptions, 'dtype' | 'compile'> {
  /** Runtimes that have to be there. Default: those that are. */
  readonly runtime?: readonly RuntimeName[] | undefined;
  readonly vllmPython?: string | undefined;
  readonly gguf?: GgufFileType | undefined;
  readonly rounds: number;
  readonly out?: string | undefined;
  readonly json?: true | undefined;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/**
 * Measures the models in all runtimes that are there, and prints the table. When it is interrupted or fails, it prints what it
 * has, and throws.
 *
 * @throws BenchOptionError if a runtime that was named is absent, none is there, one token is asked for, or a type of GGUF
 *   files without llama.cpp; ServingError
 */
export async function serveModels(paths: readonly string[], options: ServeOptions): Promise<void> {
  const { prompt, tokens, concurrency, requests, threads, rounds, scratch, signal, out, json } = options;
  if (tokens < 2) throw new BenchOptionError('--tokens: the speed of decoding needs 2 or more.', 'tokens');
  if (options.gguf !== undefined && options.runtime && !options.runtime.includes('llama.cpp'))
    throw new BenchOptionError('--gguf: only llama.cpp reads such files. Name it in --runtime.', 'gguf');
  const load: Load = { prompt, tokens, concurrency, requests, threads };
  const say = (line: string) => console.error(line);
  const models = await givenModels(paths);
  const { contests, missing } = await contestsOf(models, options);
  for (const line of missing) say(`Left out: ${line}`);
  const servings = new Map<Contest, Serving[][]>(contests.map((contest) => [contest, []]));
  const store = out === undefined ? undefined : new CellStore(join(out, 'cells'));
  const report = (): ServeReport => ({
    machine: describeMachine(threads),
    load,
    models: models.map(({ name }) => name),
    runtimes: contests.map((contest) => servedIn(contest, servings.get(contest)!)),
    missing,
  });
  try {
    for await (const round of measureRounds(contests, { load, rounds, store, scratch, say, signal })) {
      servings.get(round.contest)!.push([...round.servings]);
      if (out !== undefined) await writeServing(report(), out);
    }
  } finally {
    const any = [...servings.values()].some((done) => done.length > 0);
    if (any) console.log(json ? JSON.stringify(report(), null, 2) : serveText(report()));
  }
}

function servedIn({ runtime, models }: Contest, rounds: readonly (readonly Serving[])[]) {
  const { name, description } = runtime;
  return {
    name,
    description,
    models: models.map((model, i) => ({
      name: model.name,
      bytes: model.bytes,
      servings: rounds.map((servings) => servings[i]!),
    })),
  };
}

/** The runtimes, each with the models that it can serve, and a line for everything that is left out. */
async function contestsOf(models: readonly GivenModel[], options: ServeOptions) {
  const { runtime: wanted, gguf, vllmPython: python, dtype, compile } = options;
  const finders: Record<RuntimeName, () => Promise<FoundRuntime>> = {
    'llama.cpp': () => llamaCpp(gguf),
    vllm: () => vllm({ python, dtype, compile }),
  };
  const contests: Contest[] = [];
  const missing: string[] = [];
  for (const [name, find] of Object.entries(finders) as [RuntimeName, () => Promise<FoundRuntime>][]) {
    if (wanted && !wanted.includes(name)) continue;
    const runtime = await find();
    if ('absent' in runtime) {
      if (wanted) throw new BenchOptionError(`${name}: ${runtime.absent}.`, 'runtime');
      missing.push(`${name}: ${runtime.absent}`);
      continue;
    }
    const { prepared, missing: unfit } = await prepareModels(runtime, models, options.scratch);
    missing.push(...unfit);
    if (prepared.length > 0) contests.push({ runtime, models: prepared });
  }
  if (contests.length === 0)
    throw new BenchOptionError(`Nothing to measure. ${missing.join('. ')}`, 'runtime');
  return { contests, missing };
}
