import { formatItems } from '@grasp/report/format';
import { median } from '../../shared/statistics/median.js';
import type { Attempt } from './time-to.js';

export const COLUMNS = ['pruned by', 'blocks', 'perplexity', 'seconds', 'peak memory', ''];

const NAMES = { grasp: 'grasp', official: "the paper's code" };

export function timeRows(attempts: readonly Attempt[], target: number): string[][] {
  return attempts.map(({ by, blocks, perplexity, seconds, peakBytes }) => [
    NAMES[by],
    String(blocks),
    perplexity.toFixed(2),
    seconds.toFixed(1),
    `${(peakBytes / 2 ** 30).toFixed(2)} GiB`,
    perplexity <= target ? 'reached' : '',
  ]);
}

/** One sentence: what reached the target, and the ratios of the rounds to the paper's code. */
export function verdict(attempts: readonly Attempt[], target: number): string {
  const own = attempts.filter(({ by }) => by === 'grasp');
  const { blocks } = own.at(-1)!;
  const enough = own.filter((each) => each.blocks === blocks);
  if (enough[0]!.perplexity > target)
    return `No attempt reached ${target}: the last had ${own.at(-1)!.perplexity.toFixed(2)} on ${formatItems(blocks, 'block')}.`;
  const theirs = attempts.filter(({ by }) => by === 'official');
  const of = (all: readonly Attempt[], what: 'seconds' | 'peakBytes') =>
    median(all.map((each) => each[what]));
  const seconds = of(enough, 'seconds');
  const reached = `${formatItems(blocks, 'block')} ${blocks === 1 ? 'reaches' : 'reach'} ${target} in ${seconds.toFixed(1)} s`;
  if (theirs.length === 0) return `${reached}.`;
  const ratio = (what: 'seconds' | 'peakBytes') =>
    Number((of(enough, what) / of(theirs, what)).toPrecision(2));
  return `${reached}: ${ratio('seconds')} × the time of the paper's code and ${ratio('peakBytes')} × its memory.`;
}
