import { fileURLToPath } from 'node:url';
import { loadedPackages } from '@grasp/testing';
import { Help } from 'commander';
import { expect, it } from 'vitest';
import { COMMANDS } from './commands/list.js';
import { createProgram } from './program.js';

it('lists each command as the command itself would', async () => {
  for (const { name, usage, load } of COMMANDS) {
    const command = (await load()).name(name);
    expect(new Help().subcommandTerm(command as never)).toBe(`${name} ${usage}`);
  }
});

it('has the same help however many commands are loaded', async () => {
  const none = await createProgram([]);
  expect(none.helpInformation()).toBe((await createProgram()).helpInformation());
  expect(none.commands.every((command) => command.options.length === 0)).toBe(true);
});

it('loads little before it knows its command', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  expect([...loadedPackages(main)].sort()).toEqual(['@commander-js/extra-typings', '@grasp/files']);
});
