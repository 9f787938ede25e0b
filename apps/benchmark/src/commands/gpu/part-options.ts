import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { refuseWithout } from '../../shared/options/refuse-without.js';
import type { PartName } from './parts.js';

/** Options by the parts that they are for. */
const PARTS_OF: Readonly<Record<string, readonly PartName[]>> = {
  traces: ['verify'],
  python: ['small', 'large'],
  layers: ['large'],
  model: ['repeat'],
};

/**
 * Refuses options on the command line that no chosen part uses.
 *
 * @param parts Default: all.
 * @throws BenchOptionError
 */
export function refuseUnusedOptions(
  command: CommandUnknownOpts,
  parts: readonly PartName[] | undefined,
): void {
  refuseWithout(command, 'python', ['compile']);
  for (const [option, users] of Object.entries(PARTS_OF)) {
    if (command.getOptionValueSource(option) !== 'cli') continue;
    if (parts === undefined || users.some((part) => parts.includes(part))) continue;
    throw new BenchOptionError(
      `--${option}: no effect without ${users.map((part) => `"${part}"`).join(' or ')} in --parts.`,
      option,
    );
  }
}
