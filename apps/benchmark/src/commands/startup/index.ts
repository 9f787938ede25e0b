import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { formatItems } from '@grasp/report/format';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { count } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import { measureStarts, type Start } from './measure-starts.js';
import { startTable } from './start-table.js';

const bench = fileURLToPath(new URL('../../main.js', import.meta.url));
/** The command `grasp` of this repository. */
const sibling = fileURLToPath(new URL('../../../../cli/dist/main.js', import.meta.url));

const startsOf = (grasp: string, model: string): readonly Start[] => [
  { title: 'node -e 0', argv: undefined },
  { title: 'grasp --version', argv: [grasp, '--version'], limit: 0.15 },
  { title: 'grasp --help', argv: [grasp, '--help'], limit: 0.25 },
  { title: 'grasp inspect', argv: [grasp, 'inspect', model], limit: 0.4 },
  { title: 'grasp-bench --help', argv: [bench, '--help'], limit: 0.25 },
];

export const startupCommand = () =>
  new Command()
    .argument('<model>', `for grasp inspect: ${MODEL_HELP}`)
    .option('--grasp <file>', 'main.js of the command grasp (default: that of this repository)')
    .option('--rounds <n>', 'how often each command starts, in alternation', count, 9)
    .option('--json', 'print one JSON document with all rounds')
    .action(async (model, { grasp = sibling, rounds, json }) => {
      const starts = startsOf(grasp, await modelPath(model));
      const seconds: number[][] = [];
      for await (const round of measureStarts(starts, rounds)) seconds.push(round);
      const titles = starts.map(({ title }) => title);
      if (json) return console.log(JSON.stringify({ starts: titles, seconds }, null, 2));
      console.log(`${describeMachine(availableParallelism())}. Medians of ${formatItems(rounds, 'round')}.`);
      const { head, rows } = startTable(starts, seconds);
      console.log(terminalTable(head, rows, { numeric: true }));
    });
