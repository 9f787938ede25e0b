import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { budgetFromKeepRatio, projectExact } from '@grasp/budget';
import { TextTooShortError } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import { configOf, decoderLayout } from '@grasp/decoder';
import { Random } from '@grasp/gates';
import { loadTokenizer } from '@grasp/tokenizer';

export interface WorkloadOptions {
  /** UTF-8 file. Default: two speeches by Lincoln. */
  readonly text?: string | undefined;
  readonly rows: number;
  readonly length: number;
  /** Share of the prunable parameters that the mask keeps. 1 is the dense model. */
  readonly keep: number;
  readonly seed: number;
}

/** Files that both contestants read: int32 tokens `[rows, length]`, and one float32 gate per unit. */
export interface Workload {
  readonly tokens: string;
  readonly gates: string;
  readonly rows: number;
}

/** Two speeches by Lincoln. */
export const DEFAULT_TEXT = fileURLToPath(new URL('../../../data/lincoln.txt', import.meta.url));

/** Writes the tokens of a text, repeated if the text is short, and the exact projection of random scores. */
export async function writeWorkload(
  checkpoint: Checkpoint,
  folder: string,
  { text = DEFAULT_TEXT, rows, length, keep, seed }: WorkloadOptions,
): Promise<Workload> {
  const tokenizer = await loadTokenizer(checkpoint);
  const source = await tokenizer.encode(await readFile(text, 'utf8'));
  if (source.length === 0) throw new TextTooShortError(text, 0, 1, 'a step');
  const ids = Int32Array.from({ length: rows * length }, (_, i) => source[i % source.length]!);
  const layout = decoderLayout(configOf(checkpoint));
  const random = new Random(seed);
  const scores = Float32Array.from({ length: layout.size }, () => random.next());
  const mask = projectExact(scores, layout, budgetFromKeepRatio(layout, keep));
  const files = { tokens: join(folder, 'tokens'), gates: join(folder, 'gates') };
  await writeFile(files.tokens, new Uint8Array(ids.buffer));
  await writeFile(files.gates, new Uint8Array(Float32Array.from(mask).buffer));
  return { ...files, rows };
}
