import { availableParallelism } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import { openEngine } from '@grasp/prune';
import { namedText } from '../../shared/data/named-text.js';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { count } from '../../shared/options/option-values.js';
import { refuseWithout } from '../../shared/options/refuse-without.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import { type Agreement, agreementOf } from './agree.js';
import { AGREE_HEAD, agreeRow } from './agree-table.js';

const PROMPTS = [
  'The capital of France is',
  'def factorial(n):\n',
  'Once upon a time, in a village by the sea,',
];

export const agreeCommand = () =>
  new Command()
    .argument('<models...>', MODEL_HELP)
    .option(
      '--text <text>',
      'text for perplexity: wikitext2 or ptb from the hub, or NAME=FILE (default: none)',
    )
    .option('--windows <n>', 'windows of the text', count, 4)
    .option(
      '--python <path>',
      'Python with torch and transformers, for the same perplexity (default: ours alone)',
    )
    .option('--prompt <texts...>', 'prompts (default: three)', PROMPTS)
    .option('--tokens <n>', 'tokens after each prompt', count, 32)
    .option('--threads <n>', 'threads of all programs', count, availableParallelism())
    .option('--json', 'print one JSON document instead of a table', false)
    .action(async (models, { text, prompt: prompts, json, ...options }, command) => {
      refuseWithout(command, 'text', ['windows', 'python']);
      const { threads } = options;
      const asked = { ...options, prompts, ...(text === undefined ? {} : { text: namedText(text, 'text') }) };
      const engine = await openEngine({ threads, onWarning: console.error });
      const all: Agreement[] = [];
      for (const model of models) {
        console.error(`${model} …`);
        all.push({ ...(await agreementOf(await modelPath(model), engine, asked)), model });
      }
      const machine = `${describeMachine(threads)}. ${engine.description}`;
      if (json) return console.log(JSON.stringify({ machine, ...options, prompts, models: all }, null, 2));
      console.log(machine);
      console.log(terminalTable(AGREE_HEAD, all.map(agreeRow)));
    });
