import type { Cost } from '../own/prune-own.js';
import type { ContestData } from './contest-data.js';
import { officialFamily } from './official-arguments.js';
import { completeOfficialModel } from './official-model.js';
import { type OfficialJob, parsePerplexities, runOfficial } from './run-official.js';

export interface OfficialPruning {
  /** Folder of the dense model, in the format of transformers. */
  readonly model: string;
  /** Its config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Settings as arguments of `train.py`. */
  readonly settings: readonly string[];
  readonly dtype: string;
  readonly device: string;
  readonly data: ContestData;
  /** Output folder of the pruned model. */
  readonly folder: string;
  /** Tokens per evaluation window. */
  readonly window: number;
}

/**
 * Prunes a model with the paper's code, and measures it with the paper's evaluator.
 *
 * @returns time and memory of pruning, and the perplexity of each text.
 * @throws OfficialError if a script fails or its output is malformed.
 */
export async function pruneOfficial(
  job: Omit<OfficialJob, 'datasets'>,
  { model, config, settings, dtype, device, data, folder, window }: OfficialPruning,
): Promise<{ cost: Cost; perplexity: Record<string, number> }> {
  const { gates, scales, tests } = data;
  const withData = { ...job, datasets: [gates, scales, ...tests.values()] };
  const family = officialFamily(config.model_type);
  const common = ['--model-id', model, '--device', device];
  const train = [...common, '--model-family', family, ...settings, '--output-dir', folder, '--skip-acc-eval'];
  const { seconds, peakBytes } = await runOfficial(withData, 'train.py', train);
  const { weights, meta } = await completeOfficialModel(folder, config);
  const cost = { seconds, peakBytes };
  if (tests.size === 0) return { cost, perplexity: {} };
  const { output } = await runOfficial(withData, 'eval_pruned_ppl.py', [
    ...common,
    ...['--sd', weights, '--meta', meta, '--dtype', dtype],
    // One window at a time, because the evaluator holds several copies of the logits of a batch.
    ...['--datasets', [...tests.keys()].join(), '--seq-len', String(window), '--batch-size', '1'],
    ...(family === 'qwen' ? ['--use-fast-tokenizer'] : []),
  ]);
  return { cost, perplexity: parsePerplexities(output) };
}
