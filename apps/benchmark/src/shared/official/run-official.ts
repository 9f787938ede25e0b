import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJson } from '@grasp/files';
import { execa } from 'execa';
import type { Cost } from '../own/prune-own.js';
import type { LocalDataset } from './local-datasets.js';
import { OfficialError } from './official-error.js';

const LAUNCHER = fileURLToPath(new URL('../../../rival/run_official.py', import.meta.url));

const OFFLINE = {
  HF_HUB_OFFLINE: '1',
  HF_DATASETS_OFFLINE: '1',
  PYTHONDONTWRITEBYTECODE: '1',
  TOKENIZERS_PARALLELISM: 'false',
};

export interface OfficialJob {
  readonly python: string;
  /** The clone, which is not modified. */
  readonly clone: string;
  readonly datasets: readonly LocalDataset[];
  /** Folder for files that both languages exchange. */
  readonly work: string;
  readonly threads?: number | undefined;
  readonly say: (line: string) => void;
}

/**
 * Runs a script of the clone offline, in a separate process.
 *
 * @returns its time, memory and standard output.
 * @throws OfficialError with the last lines that the script printed, if it fails.
 */
export async function runOfficial(
  { python, clone, datasets, work, threads, say }: OfficialJob,
  script: 'train.py' | 'eval_pruned_ppl.py',
  args: readonly string[],
): Promise<Cost & { readonly output: string }> {
  const [job, result] = [join(work, 'job.json'), join(work, 'result.json')];
  await writeFile(job, JSON.stringify({ datasets, result }));
  const child = execa(python, [LAUNCHER, job, join(clone, script), ...args], {
    stdin: 'ignore',
    reject: false,
    env: { ...OFFLINE, ...(threads === undefined ? {} : { OMP_NUM_THREADS: String(threads) }) },
  });
  let told = '';
  for await (const chunk of child.stderr) {
    const line = tenth(String(chunk));
    if (line !== undefined && line !== told) say(`${script}: ${line}`);
    told = line ?? told;
  }
  const ended = await child;
  if (ended.failed) throw failureOf(script, clone, ended);
  const { seconds, peak_bytes } = parseJson(await readFile(result, 'utf8')) as {
    readonly seconds: number;
    readonly peak_bytes: number;
  };
  return { seconds, peakBytes: peak_bytes, output: ended.stdout };
}

/**
 * Starts the clone's `train.py` for its help alone, which needs all packages.
 *
 * @throws OfficialError as `runOfficial`
 */
export async function tryOfficial({ python, clone, work }: Pick<OfficialJob, 'python' | 'clone' | 'work'>) {
  const job = join(work, 'job.json');
  await writeFile(job, JSON.stringify({ datasets: [], result: '' }));
  const args = [LAUNCHER, job, join(clone, 'train.py'), '--help'];
  const run = await execa(python, args, { stdin: 'ignore', reject: false, env: OFFLINE });
  if (run.failed) throw failureOf('train.py', clone, run);
}

function failureOf(
  script: string,
  clone: string,
  { stderr, shortMessage }: { readonly stderr: string; readonly shortMessage?: string | undefined },
): OfficialError {
  const said = lastLines(stderr) || (shortMessage ?? '');
  return new OfficialError(`${script} of ${clone} failed:\n${said}`, said);
}

/** Label and progress of the last progress bar in a piece of output, rounded down to 10%. */
function tenth(chunk: string): string | undefined {
  const [, label, percent] = [...chunk.matchAll(/([^\r\n]*?):? +(\d+)%\|/g)].at(-1) ?? [];
  return label === undefined ? undefined : `${label} ${10 * Math.floor(Number(percent) / 10)}%`;
}

/** The last lines of the output, without progress bars. */
function lastLines(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '' && !/\d+%\|/.test(line));
  return lines.slice(-12).join('\n');
}

/**
 * Parses the output of `eval_pruned_ppl.py`: `PPL results: {'wikitext2': 12.18}`.
 *
 * @throws OfficialError if the output has no perplexities.
 */
export function parsePerplexities(output: string): Record<string, number> {
  const [, found] = /PPL results: \{(.*)\}/.exec(output) ?? [];
  const pairs = [...(found ?? '').matchAll(/'(\w+)': (?:np\.float64\()?([\w.+-]+)/g)];
  if (pairs.length === 0)
    throw new OfficialError('eval_pruned_ppl.py printed no perplexities.', lastLines(output));
  return Object.fromEntries(pairs.map(([, name, value]) => [name!, pythonNumber(value!)]));
}

const pythonNumber = (text: string): number => (text === 'inf' ? Number.POSITIVE_INFINITY : Number(text));
