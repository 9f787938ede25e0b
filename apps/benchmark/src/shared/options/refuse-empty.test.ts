import { Command, Option } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { refuseEmpty } from './refuse-empty.js';

const parsed = (...argv: string[]) => {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .argument('<model>')
    .argument('[others...]')
    .option('--text <texts...>', '', ['default'])
    .option('--out <folder>')
    .option('--json')
    .addOption(new Option('--python <path>').env('GRASP_NO_SUCH_VARIABLE'));
  refuseEmpty(command).parse(argv, { from: 'user' });
  return { arguments: command.processedArgs, options: command.opts() };
};

it('leaves values as commander reads them', () => {
  expect(parsed('m')).toEqual({ arguments: ['m', []], options: { text: ['default'] } });
  expect(parsed('m', 'n', 'o', '--text', 'a', 'b', '--out', 'x', '--json', '--text', 'c')).toEqual({
    arguments: ['m', ['n', 'o']],
    options: { text: ['a', 'b', 'c'], out: 'x', json: true },
  });
});

it.each([[['']], [['m', '']], [['m', '--out', '']], [['m', '--text', 'a', '']]])('refuses %j', (argv) => {
  expect(() => parsed(...argv)).toThrow('It must not be empty.');
});

it('takes the empty value of a variable for none', () => {
  expect(parsed('m', '--python', '').options).toMatchObject({ python: '' });
});
