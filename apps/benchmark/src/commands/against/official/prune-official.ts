import type { ContestData } from '../contest-data.js';
import { officialFamily } from './official-arguments.js';
import { completeOfficialModel } from './official-model.js';
import { type Cost, type OfficialJob, parsePerplexities, runOfficial } from './run-official.js';

export interface OfficialPruning {
  /** The dense model as a folder that transformers loads, and its config.json. */
  readonly model: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Settings as arguments of `train.py`. */
  readonly settings: readonly string[];
  readonly dtype: string;
  readonly device: string;
  readonly data: ContestData;
  /** Where the pruned model goes. */
  readonly folder: string;
  /** Tokens of an evaluation window. */
  readonly window: number;
}

/**
 * The paper's code prunes, and measures what it left.
 *
 * @returns what pruning took, and the perplexities by text as its own evaluator has them.
 */
export async function pruneOfficial(
  job: Omit<OfficialJob, 'datasets'>,
  { model, config, settings, dtype, device, data, folder, window }: OfficialPruning,
): Promise<{ cost: Cost; perplexity: Record<string, number> }> {
  const { gates, scales, tests } = data;
  const withData = { ...job, datasets: [gates, scales, ...tests.values()] };
  const family = officialFamily(config.model_type);
  const of = ['--model-id', model, '--device', device];
  const train = [...of, '--model-family', family, ...settings, '--output-dir', folder, '--skip-acc-eval'];
  const { seconds, peakBytes } = await runOfficial(withData, 'train.py', train);
  const { weights, meta } = await completeOfficialModel(folder, config);
  const cost = { seconds, peakBytes };
  if (tests.size === 0) return { cost, perplexity: {} };
  const { output } = await runOfficial(withData, 'eval_pruned_ppl.py', [
    ...of,
    ...['--sd', weights, '--meta', meta, '--dtype', dtype],
    // One window at a time: it holds the logits of a batch several times over.
    ...['--datasets', [...tests.keys()].join(), '--seq-len', String(window), '--batch-size', '1'],
    ...(family === 'qwen' ? ['--use-fast-tokenizer'] : []),
  ]);
  return { cost, perplexity: parsePerplexities(output) };
}
