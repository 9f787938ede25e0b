import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@grasp/checkpoint';
import { HarnessError } from '../errors.js';

/** One item as the harness logged it. */
export interface HarnessSample {
  /** Number in the data, from 0: `doc_id`. */
  readonly item: number;
  /** What was scored, in the order of the choices. */
  readonly prompts: readonly { readonly context: string; readonly continuation: string }[];
  readonly logLikelihoods: readonly number[];
  /** Whether the likeliest choice, and the one likeliest per character, is right. */
  readonly acc: boolean;
  readonly accNorm?: boolean;
}

/** The harness's own figures of a task, as in its results file. */
export type HarnessMetrics = Readonly<Record<string, number>>;

export interface HarnessTask {
  readonly task: string;
  readonly metrics: HarnessMetrics;
  /** In the order of the data. */
  readonly samples: readonly HarnessSample[];
}

/**
 * Reads what `lm_eval run --log_samples --output_path` wrote.
 *
 * @throws HarnessError if a file is missing or not as expected.
 */
export async function readHarnessOutput(folder: string, tasks: readonly string[]): Promise<HarnessTask[]> {
  const paths = await readdir(folder, { recursive: true });
  const find = (start: string): string => {
    const path = paths.find((each) => each.split(/[\\/]/).at(-1)?.startsWith(start));
    if (path === undefined) throw new HarnessError(`lm_eval wrote no file ${start}…`);
    return join(folder, path);
  };
  const { results } = parseJson(await readFile(find('results_'), 'utf8')) as {
    results: Record<string, Record<string, unknown>>;
  };
  return Promise.all(
    tasks.map(async (task) => {
      const lines = (await readFile(find(`samples_${task}_`), 'utf8')).split('\n').filter(Boolean);
      const samples = lines.map(parseSample).sort((a, b) => a.item - b.item);
      return { task, metrics: numbersOf(results[task] ?? {}), samples };
    }),
  );
}

/** `acc,none` → `acc` */
function numbersOf(results: Record<string, unknown>): HarnessMetrics {
  const entries = Object.entries(results).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(entries.map(([name, value]) => [name.split(',')[0]!, value as number]));
}

/** One line of a samples file. */
export function parseSample(line: string): HarnessSample {
  const { doc_id, arguments: given, filtered_resps, acc, acc_norm } = parseJson(line) as LoggedSample;
  const prompts = Object.values(given ?? {}).map(({ arg_0, arg_1 }) => ({
    context: arg_0,
    continuation: arg_1,
  }));
  const logLikelihoods = (filtered_resps ?? []).map(([value]) => Number(value));
  const whole = Number.isInteger(doc_id) && prompts.length > 0 && prompts.length === logLikelihoods.length;
  if (!whole || logLikelihoods.some(Number.isNaN) || acc === undefined) {
    throw new HarnessError(`lm_eval logged a sample without its log-likelihoods: ${line.slice(0, 200)}`);
  }
  return {
    item: doc_id,
    prompts,
    logLikelihoods,
    acc: acc === 1,
    ...(acc_norm === undefined ? {} : { accNorm: acc_norm === 1 }),
  };
}

interface LoggedSample {
  readonly doc_id: number;
  /** `gen_args_0`, `gen_args_1`, … in order. */
  readonly arguments?: Readonly<Record<string, { readonly arg_0: string; readonly arg_1: string }>>;
  /** A number as text, and whether the choice is what greedy decoding would say. */
  readonly filtered_resps?: readonly (readonly [string, string])[];
  readonly acc?: number;
  readonly acc_norm?: number;
}
