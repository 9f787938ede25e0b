import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { configOf, parameterCounts } from '@grasp/decoder';
import { lastOf, perplexity } from '@grasp/eval';
import type { Engine } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import { readEvaluation } from '../data/evaluation-data.js';
import { loadModel } from '../models/load-model.js';
import type { ContestData } from './contest-data.js';

/** Values of a model from this project's evaluator. */
export interface Measurement {
  /** Prunable parameters as a share of the dense model's. */
  readonly kept: number;
  /** Perplexity by text, in float32. */
  readonly perplexity: Readonly<Record<string, number>>;
}

/** Measures a model on the texts of a contest, with the dense model's tokenizer. */
export async function measureModel(
  path: string,
  dense: Checkpoint,
  { tests }: ContestData,
  windows: number | undefined,
  engine: Engine,
): Promise<Measurement> {
  const config = configOf(dense);
  const texts = [...tests].map(([name, { rows }]) => ({ name, path: rows }));
  const tokenizer = await loadTokenizer(dense);
  const evaluation = await readEvaluation({ texts, tasks: [], windows }, tokenizer, config);
  const checkpoint = await openCheckpoint(path);
  try {
    const prunable = (of: Checkpoint) => parameterCounts(configOf(of)).prunable;
    const kept = prunable(checkpoint) / prunable(dense);
    const decoder = await loadModel(checkpoint, engine);
    try {
      const values: Record<string, number> = {};
      for (const [name, blocks] of evaluation.texts)
        values[name] = (await lastOf(perplexity(decoder, blocks))).perplexity;
      return { kept, perplexity: values };
    } finally {
      decoder.dispose();
    }
  } finally {
    await checkpoint.close();
  }
}
