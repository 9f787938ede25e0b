import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { random } from '@grasp/testing';
import { expect } from 'vitest';
import { logitsOf } from './gguf-models.js';

/** What a runtime computes for a text: see the scripts in python/. */
export interface Served {
  readonly folder: string;
  /** The class or architecture that computes the model. */
  readonly class: string;
  /** Of each token of the text after the first. */
  readonly logProbabilities: readonly number[];
  /** Greedy tokens after the text. */
  readonly continuation: readonly number[];
  /** Greedy tokens after four parts of the text, computed together and one at a time. */
  readonly together: readonly (readonly number[])[];
  readonly apart: readonly (readonly number[])[];
}

export const GENERATED = 48;
const [LETTERS, LENGTH] = [62, 512];
const next = random(11);

/** The text of 512 tokens that the runtimes get. */
export const servedText = Int32Array.from({ length: LENGTH }, () => Math.floor(next() * LETTERS));

/** Runs one of the scripts of python/ over folders, or files, which it serves one after the other. */
export async function serve(
  python: string,
  script: string,
  folders: readonly Readonly<Record<string, unknown>>[],
): Promise<Served[]> {
  const work = await mkdtemp(join(tmpdir(), 'grasp-serve-'));
  try {
    const job = join(work, 'job.json');
    await writeFile(job, JSON.stringify({ ids: Array.from(servedText), generated: GENERATED, folders }));
    const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
    const { stdout } = await promisify(execFile)(python, [path, job], {
      env: { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
      maxBuffer: 2 ** 26,
    });
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as Served);
  } finally {
    await rm(work, { recursive: true });
  }
}

/**
 * Expects log-probabilities to 1e-3, equal greedy tokens, and a batch that equals its parts. Greedy tokens are equal if each is
 * the likeliest after those before it.
 */
export async function expectSameAs(checkpoint: Checkpoint, served: Served, tolerance = 1e-3): Promise<void> {
  const ids = Int32Array.from([...servedText, ...served.continuation]);
  const { vocabSize } = configOf(checkpoint);
  const logits = await logitsOf(checkpoint, ids);
  const row = (t: number) => logits.subarray(t * vocabSize, (t + 1) * vocabSize);
  const worst = Math.max(
    ...served.logProbabilities.map((theirs, t) => Math.abs(theirs - logProbability(row(t), ids[t + 1]!))),
  );
  const greedy = served.continuation.map((_, step) => likeliest(row(LENGTH - 1 + step)));
  const { folder, together } = served;
  expect(served.logProbabilities.length).toBe(LENGTH - 1);
  expect(worst, folder).toBeLessThan(tolerance);
  expect({ folder, greedy: served.continuation, together }).toEqual({
    folder,
    greedy,
    together: served.apart,
  });
}

/** Opens a folder or file for {@link expectSameAs}, and closes it. */
export async function expectSameAsIn(path: string, served: Served, tolerance?: number): Promise<void> {
  const checkpoint = await openCheckpoint(path);
  await expectSameAs(checkpoint, served, tolerance);
  await checkpoint.close();
}

function logProbability(logits: Float32Array, id: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  return logits[id]! - largest - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

const likeliest = (logits: Float32Array) => logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
