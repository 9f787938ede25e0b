import { fileURLToPath } from 'node:url';
import { loadedPackages } from '@grasp/testing';
import { Help } from 'commander';
import { expect, it } from 'vitest';
import { COMMANDS } from './commands/list.js';
import { exitCodeOf } from './exit-code.js';
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

it.each([
  ['time-to ./model --perplexity 5 --out out --device cuda', '--device: no effect without --official'],
  ['agree ./model --python python3', '--python: no effect without --text'],
  ['scaling --vary layers --tokens 8,16', '--tokens: its lengths need "length" in --vary'],
  ['scaling --tokens 8,16 --rows 4', '--rows: it needs "tokens" in --vary'],
  ['gpu --out out --no-compile', '--no-compile: no effect without --python'],
  ['gpu --out out --parts small --layers 2', '--layers: no effect without "large" in --parts'],
  ['reproduce --model ./model --out out --calib a=x a=y', '--calib: two texts have the name a'],
  ['reproduce --model ./model --out out --calib a=x b=y', '--calib: only --suite corpus compares several'],
  [
    'reproduce --model ./model --out out --text mine=x',
    '--text mine: the tables have columns for wikitext2, ptb',
  ],
  [
    'reproduce --model ./model --out out --settings {"budget":{"keep":0.3}}',
    '--settings: budget.keep is set by --keep',
  ],
  ['reproduce --model ./model --out out --tasks none --limit 9', '--limit: no effect with --tasks none'],
  ['compare --model ./model --out out --tasks none --data x', '--data: no effect with --tasks none'],
  ['compare --model ./model --out out --heal-tokens 9', '--heal-tokens: no effect without --recovery healed'],
  [
    'compare --model ./model --out out --recovery healed --heal-settings {"tokens":9}',
    'tokens is set by --heal-tokens',
  ],
  ['compare --model ./model --out out --calib x.txt', '--calib x.txt: no corpus has this name'],
  ['serve ./model ./pruned --runtime llama.cpp --no-compile', '--no-compile: only vLLM uses it'],
  [
    'against --official . --model ./model --out out --text ptb=x ptb=y',
    '--text: two texts have the name ptb',
  ],
  ['serve ./model ./pruned --runtime vllm --gguf q8_0', '--gguf: only llama.cpp reads such files'],
])('refuses options that would be ignored: %s', async (line, refusal) => {
  const argv = line.split(' ');
  const program = await createProgram(argv);
  await expect(program.parseAsync(argv, { from: 'user' })).rejects.toThrow(refusal);
});

it.each([
  ['reproduce', '--model', 'm', '--out', ''],
  ['reproduce', '--model', 'm', '--out', 'out', '--data', ''],
  ['reproduce', '--model', 'm', '--out', 'out', '--text', 'ptb', ''],
  ['compare', '--model', 'm', '', '--out', 'out'],
  ['compare', '--model', 'm', '--out', 'out', '--tasks', ''],
  ['speed', ''],
  ['serve', 'm', 'n', ''],
])('refuses an empty value: %s %j', async (...argv) => {
  const program = await createProgram(argv);
  const error: unknown = await program.parseAsync(argv, { from: 'user' }).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'commander.invalidArgument' });
  expect(exitCodeOf(error)).toBe(2);
});

it('loads little before it knows its command', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  expect([...loadedPackages(main)].sort()).toEqual(['@commander-js/extra-typings', '@grasp/files']);
});
