import { CommanderError } from '@commander-js/extra-typings';
import { taskNamed } from '@grasp/eval';
import { FileWriteError } from '@grasp/files';
import { parseSettings } from '@grasp/prune';
import { expect, it } from 'vitest';
import { comparedMethods } from './commands/compare/methods.js';
import { exitCodeOf } from './exit-code.js';

/** The exit code for what work throws. */
async function exitCode(work: () => unknown): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

it('is 2 for a wrong command line and wrong settings', async () => {
  expect(await exitCode(() => parseSettings({ nosuch: 1 } as never))).toBe(2);
  expect(await exitCode(() => parseSettings({ text: { blocks: 'many' } } as never))).toBe(2);
  expect(await exitCode(() => comparedMethods(['nosuch']))).toBe(2);
  expect(await exitCode(() => taskNamed('nosuch'))).toBe(2);
  expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', 'unknown option'))).toBe(2);
});

it('is 1 for other known errors, 70 for unknown ones, and 0 for help', () => {
  expect(exitCodeOf(new FileWriteError('out', 'disk-full', 'the disk is full'))).toBe(1);
  expect(exitCodeOf(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(70);
  expect(exitCodeOf('text')).toBe(70);
  expect(exitCodeOf(new CommanderError(0, 'commander.help', ''))).toBe(0);
});
