import { join } from 'node:path';
import type { Checkpoint } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import { loadTokenizer } from '@grasp/tokenizer';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { type NamedText, textSource } from '../../shared/data/evaluation-data.js';
import {
  GATE_TEXT,
  type LocalDataset,
  OFFICIAL_TEXTS,
  rowsOf,
  SCALE_TEXT,
  writeLocalDataset,
} from './official/local-datasets.js';

export interface ContestTexts {
  /** To learn gates on, and to calibrate scales on. */
  readonly calib: NamedText;
  readonly scaleCalib: NamedText;
  /** To measure perplexity on. */
  readonly texts: readonly NamedText[];
  /** Most windows of a text. */
  readonly windows?: number | undefined;
}

/** Files of rows that both sides read. */
export interface ContestData {
  readonly gates: LocalDataset;
  readonly scales: LocalDataset;
  readonly tests: ReadonlyMap<string, LocalDataset>;
}

/** @throws BenchOptionError for a text that the paper's code does not measure. */
export function checkTexts(texts: readonly NamedText[]): void {
  const names = Object.keys(OFFICIAL_TEXTS).join(', ');
  for (const { name } of texts) {
    if (name in OFFICIAL_TEXTS) continue;
    throw new BenchOptionError(`The paper's code measures no text ${name}; it has ${names}.`, 'text');
  }
}

/** Writes the rows of all texts below `folder`; of those to measure on, as many as the windows take. */
export async function contestData(
  checkpoint: Checkpoint,
  { calib, scaleCalib, texts, windows }: ContestTexts,
  folder: string,
): Promise<ContestData> {
  const tokenizer = await loadTokenizer(checkpoint);
  const window = Math.min(2048, decoderConfig(checkpoint.config).contextLength);
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
    const some = await rowsOf(textSource(text), tokenizer, tokens);
    tests.set(name, await writeLocalDataset(at(`test-${name}`), OFFICIAL_TEXTS[name]!, some));
  }
  return {
    gates: await writeLocalDataset(at('gates'), GATE_TEXT, await rows(calib, 'train')),
    scales: await writeLocalDataset(at('scales'), SCALE_TEXT, await rows(scaleCalib, 'validation')),
    tests,
  };
}
