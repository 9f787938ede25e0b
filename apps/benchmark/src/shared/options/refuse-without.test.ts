import { Command } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { refuseWithout } from './refuse-without.js';

const run = (...argv: string[]) =>
  new Command()
    .option('--official <folder>')
    .option('--device <name>', '', 'cpu')
    .option('--python <path>')
    .action((_, command) => refuseWithout(command, 'official', ['device', 'python']))
    .parse(argv, { from: 'user' });

it('refuses options that have no effect without another one', () => {
  expect(() => run('--device', 'cuda', '--python', 'p')).toThrow(
    '--device, --python: no effect without --official. Add it.',
  );
  run('--device', 'cuda', '--official', 'clone');
  run(); // defaults are no wish
});
