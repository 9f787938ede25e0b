import { writeError } from '@grasp/files';
import { expect, it } from 'vitest';
import { keptTerminal } from '../test/grasp.js';
import { runCommand } from './program.js';

it.each([['--help'], ['help', 'inspect']])(
  'fails where standard output takes nothing: %s %s',
  async (...argv) => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      errno: -28,
    });
    const { terminal, said } = keptTerminal({
      flush: async () => {
        throw writeError('standard output', full);
      },
    });
    expect(await runCommand(argv.filter(Boolean), terminal)).toBe(5);
    expect(said().err).toContain('standard output: cannot be written: the disk is full');
  },
);
