import { Command } from '@commander-js/extra-typings';
import type { Terminal } from '../../shared/terminal.js';
import { compareCommand } from './compare.js';
import { humanEvalCommand } from './humaneval/index.js';
import { perplexityCommand } from './perplexity.js';
import { tasksCommand } from './tasks.js';

export const evalCommand = (terminal: Terminal) =>
  new Command()
    .addCommand(perplexityCommand(terminal))
    .addCommand(tasksCommand(terminal))
    .addCommand(compareCommand(terminal))
    .addCommand(humanEvalCommand(terminal));
