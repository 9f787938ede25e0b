import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@grasp/files';
import { headlineOf } from './headline.js';
import type { Part } from './parts.js';
import { runProgram } from './run-program.js';

/** What became of a part. */
export interface Outcome {
  readonly name: Part['name'];
  readonly title: string;
  /** `partial`: it failed or ran out of time after it had written something. */
  readonly status: 'ok' | 'partial' | 'failed' | 'skipped';
  /** One line of its result. */
  readonly headline: string;
  /** Why it is not `ok`. */
  readonly reason?: string;
  readonly seconds: number;
  readonly limitSeconds: number;
  /** What its command wrote, as JSON and as Markdown. */
  readonly result?: unknown;
  readonly markdown?: string;
}

export interface RunOptions {
  /** Program and first arguments of grasp-bench. */
  readonly program: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** Time limit of all parts together. */
  readonly seconds: number;
  readonly folder: (name: Part['name']) => string;
  readonly say: (line: string) => void;
}

/** Less is not worth the start of a process. */
const LEAST_SECONDS = 5;

/** Runs parts one after the other. A part that fails or runs out of time does not keep the others from running. */
export async function* runParts(parts: readonly Part[], options: RunOptions): AsyncGenerator<Outcome, void> {
  const start = performance.now();
  for (const part of parts) {
    const left = options.seconds - (performance.now() - start) / 1e3;
    yield await runPart(part, Math.min(part.seconds, left), options);
  }
}

async function runPart(part: Part, limit: number, options: RunOptions): Promise<Outcome> {
  const { name, title, impossible } = part;
  const about = { name, title, seconds: 0, limitSeconds: Math.max(0, Math.round(limit)), headline: '' };
  if (impossible !== undefined) return { ...about, status: 'skipped', reason: impossible };
  if (limit < LEAST_SECONDS) return { ...about, status: 'skipped', reason: 'the time was used up before it' };
  const { program, environment, folder, say } = options;
  say(`${title} …`);
  // Of an earlier run, which must not pass for this one.
  for (const end of ['json', 'md']) await rm(`${join(folder(name), part.report)}.${end}`, { force: true });
  let seconds = 0;
  let reason: string | undefined;
  for (const command of part.commands) {
    const ended = await runProgram([...program, ...command], limit - seconds, environment, (line) =>
      say(`  ${line}`),
    );
    seconds += ended.seconds;
    reason = ended.reason;
    if (reason !== undefined) break;
  }
  const written = await readReport(join(folder(name), part.report));
  const headline = written ? headlineOf(name, written.result) : '';
  const status = reason === undefined ? 'ok' : written ? 'partial' : 'failed';
  return { ...about, status, headline, seconds, ...written, ...(reason === undefined ? {} : { reason }) };
}

async function readReport(path: string): Promise<{ result: unknown; markdown: string } | undefined> {
  try {
    const [json, markdown] = await Promise.all([
      readFile(`${path}.json`, 'utf8'),
      readFile(`${path}.md`, 'utf8'),
    ]);
    return { result: parseJson(json) as unknown, markdown };
  } catch {
    return undefined; // it ended before it wrote any
  }
}
