import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { BenchOptionError } from './bench-option-error.js';

/**
 * Refuses options that have no effect without another one, if they are on the command line and the other one is not.
 *
 * @param needed name of the other option
 * @param dependent names; that of `--no-compile` is `compile`
 * @throws BenchOptionError
 */
export function refuseWithout(
  command: CommandUnknownOpts,
  needed: string,
  dependent: readonly string[],
): void {
  if (command.getOptionValue(needed) !== undefined) return;
  const useless = dependent.filter((name) => command.getOptionValueSource(name) === 'cli');
  if (useless.length === 0) return;
  const named = useless
    .map((name) => command.options.find((each) => each.attributeName() === name)?.long)
    .join(', ');
  throw new BenchOptionError(`${named}: no effect without --${needed}. Add it.`, useless[0]!);
}

/**
 * Refuses options about the items of tasks where no task is measured.
 *
 * @throws BenchOptionError
 */
export function refuseWithoutTasks(command: CommandUnknownOpts, tasks: readonly string[]): void {
  if (tasks.some((name) => name !== 'none')) return;
  for (const option of ['data', 'limit'])
    if (command.getOptionValueSource(option) === 'cli')
      throw new BenchOptionError(`--${option}: no effect with --tasks none. Leave it out.`, option);
}
