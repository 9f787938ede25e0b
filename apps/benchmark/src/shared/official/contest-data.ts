import { join } from 'node:path';
import type { Checkpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { loadTokenizer } from '@grasp/tokenizer';
import { type NamedText, textSource } from '../data/named-text.js';
import { windowsOf } from '../data/token-blocks.js';
import { BenchOptionError } from '../options/bench-option-error.js';
import {
  GATE_TEXT,
  type LocalDataset,
  OFFICIAL_TEXTS,
  rowsOf,
  SCALE_TEXT,
  writeLocalDataset,
} from './local-datasets.js';

export interface ContestTexts {
  /** Text to learn the gates on. */
  readonly calib: NamedText;
  /** Text to calibrate the scales on. */
  readonly scaleCalib: NamedText;
  /** Texts to measure perplexity on. */
  readonly texts: readonly NamedText[];
  /** Maximum windows of each text. */
  readonly windows?: number | undefined;
}

/** Files with the rows that both implementations read. */
export interface ContestData {
  readonly gates: LocalDataset;
  readonly scales: LocalDataset;
  readonly tests: ReadonlyMap<string, LocalDataset>;
}

/** @throws BenchOptionError if the paper's evaluator does not support a text. */
export function checkTexts(texts: readonly NamedText[]): void {
  const names = Object.keys(OFFICIAL_TEXTS).join(', ');
  for (const { name } of texts) {
    if (name in OFFICIAL_TEXTS) continue;
    throw new BenchOptionError(
      `--text ${name}: the paper's evaluator does not support this text. Supported: ${names}.`,
      'text',
    );
  }
}

/**
 * Writes the rows of all texts into `folder`. Of the evaluation texts, only as many rows as the windows need.
 *
 * @throws TextTooShortError if an evaluation text does not fill a window
 */
export async function contestData(
  checkpoint: Checkpoint,
  { calib, scaleCalib, texts, windows }: ContestTexts,
  folder: string,
): Promise<ContestData> {
  const tokenizer = await loadTokenizer(checkpoint);
  const window = Math.min(2048, configOf(checkpoint).contextLength);
  const tokens = windows === undefined ? Number.POSITIVE_INFINITY : windows * window;
  const rows = (text: NamedText, split: 'train' | 'validation') =>
    rowsOf(
      textSource(text, () => split),
      tokenizer,
    );
  const at = (name: string) => join(folder, `${name}.jsonl`);
  const tests = new Map<string, LocalDataset>();
  for (const text of texts) {
    const { name } = text;
    await windowsOf(text, tokenizer, configOf(checkpoint), windows); // throws now what measuring would throw after the work
    const some = await rowsOf(textSource(text), tokenizer, tokens);
    tests.set(name, await writeLocalDataset(at(`test-${name}`), OFFICIAL_TEXTS[name]!, some));
  }
  return {
    gates: await writeLocalDataset(at('gates'), GATE_TEXT, await rows(calib, 'train')),
    scales: await writeLocalDataset(at('scales'), SCALE_TEXT, await rows(scaleCalib, 'validation')),
    tests,
  };
}
