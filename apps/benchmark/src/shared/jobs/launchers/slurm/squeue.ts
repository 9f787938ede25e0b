import type { QueuedTask } from '../launcher.js';
import { PREFIX } from './sbatch.js';

/** Job name, place in the array, id of the array, state, reason. */
const FORMAT = '%j|%K|%F|%T|%r';

/** Arguments of squeue that list the tasks of jobs, one line per task. */
export const squeueArguments = (jobNames: readonly string[]): string[] => [
  '--noheader',
  '--array',
  `--name=${jobNames.join(',')}`,
  `--format=${FORMAT}`,
];

/** Parses the output of squeue. */
export function parseQueue(text: string): QueuedTask[] {
  const lines = text.split('\n').filter((line) => line.startsWith(PREFIX));
  return lines.map((line) => {
    const [name = '', place, id = '', state, reason = 'None'] = line.split('|');
    const running = state !== 'PENDING';
    const why = running || reason === 'None' ? {} : { reason };
    return { key: name.slice(PREFIX.length), id, place: Number(place), running, ...why };
  });
}
