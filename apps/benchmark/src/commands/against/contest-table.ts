import type { TextTable } from '../../shared/tables/text-table.js';
import type { Contest } from './against.js';

/** Both implementations side by side, one row per quantity. */
export function contestTable({ model, dense, official, grasp, officialPerplexity }: Contest): TextTable {
  const texts = Object.keys(dense.perplexity);
  const perplexity = (value: number | undefined) => value?.toFixed(4) ?? '';
  const share = (value: number) => `${(100 * value).toFixed(1)}%`;
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const bytes = (value: number) => `${(value / 2 ** 30).toFixed(2)} GiB`;
  const ratio = (of: 'seconds' | 'peakBytes') => (grasp.cost[of] / official.cost[of]).toFixed(2);
  return {
    head: [model, 'dense', "the paper's code", 'grasp', 'grasp / paper'],
    rows: [
      ['prunable parameters kept', share(dense.kept), share(official.kept), share(grasp.kept), ''],
      ...texts.map((text) => [
        `perplexity, ${text}, float32`,
        ...[dense, official, grasp].map((each) => perplexity(each.perplexity[text])),
        (grasp.perplexity[text]! / official.perplexity[text]!).toFixed(3),
      ]),
      ...texts.map((text) => [
        `perplexity, ${text}, paper's evaluator`,
        '',
        perplexity(officialPerplexity[text]),
        '',
        '',
      ]),
      ['pruning', '', seconds(official.cost.seconds), seconds(grasp.cost.seconds), ratio('seconds')],
      ['peak memory', '', bytes(official.cost.peakBytes), bytes(grasp.cost.peakBytes), ratio('peakBytes')],
    ],
  };
}
