import { median } from '../../shared/statistics/median.js';
import type { Start } from './measure-starts.js';

/**
 * One row per command: its median, its limit, and the median over the rounds of its ratio to the first command.
 *
 * @param rounds seconds of each command, of shape [rounds, starts]
 */
export function startTable(
  starts: readonly Start[],
  rounds: readonly (readonly number[])[],
): { head: string[]; rows: string[][] } {
  const rows = starts.map(({ title, limit }, i) => {
    const seconds = median(rounds.map((round) => round[i]!));
    const ratio = median(rounds.map((round) => round[i]! / round[0]!));
    return [title, seconds.toFixed(3), limit === undefined ? '' : limit.toFixed(2), `× ${ratio.toFixed(2)}`];
  });
  return { head: ['command', 'seconds', 'at most, idle', `of ${starts[0]!.title}`], rows };
}
