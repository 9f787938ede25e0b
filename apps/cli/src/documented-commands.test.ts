import { documentedCommands, unknownWord } from '@grasp/testing';
import { expect, it } from 'vitest';
import { createProgram } from './program.js';
import type { Terminal } from './shared/terminal.js';

const program = await createProgram({} as Terminal); // nothing is run, so nothing is said

it('guides and READMEs use subcommands and options of grasp that exist', () => {
  const commands = documentedCommands('grasp');
  expect(commands.length).toBeGreaterThan(30);
  const wrong = commands.map((one) => ({ ...one, unknown: unknownWord(program, one.words) }));
  expect(wrong.filter(({ unknown }) => unknown !== undefined)).toEqual([]);
});

it.each([
  ['trim model', 'trim'],
  ['eval speed model', 'speed'],
  ['prune model --keeps 0.5', '--keeps'],
  ['prune model --layout round', '--layout round'],
  ['eval ppl model text.txt --windows 3', undefined],
  ['export model --onnx --out folder', undefined],
  ['export model --onnx f8 --out folder', '--onnx f8'],
])('of grasp %s it is %s that does not exist', (line, unknown) => {
  expect(unknownWord(program, line.split(' '))).toBe(unknown);
});
