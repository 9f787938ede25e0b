import { documentedCommands, unknownWord } from '@grasp/testing';
import { expect, it } from 'vitest';
import { createProgram } from './program.js';

it('guides and READMEs use subcommands and options of grasp-bench that exist', async () => {
  const program = await createProgram();
  const commands = documentedCommands('grasp-bench');
  expect(commands.length).toBeGreaterThan(10);
  const wrong = commands.map((one) => ({ ...one, unknown: unknownWord(program, one.words) }));
  expect(wrong.filter(({ unknown }) => unknown !== undefined)).toEqual([]);
});
