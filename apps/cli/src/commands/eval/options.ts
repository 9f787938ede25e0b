import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { TASKS } from '@grasp/eval';
import { listOf, nonEmpty } from '../../shared/flags.js';

const NAMES = TASKS.map(({ name }) => name);

const taskName = (text: string) => {
  const name = NAMES.find((each) => each === text);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(`There is no task "${text}". Allowed are ${NAMES.join(', ')}.`);
};

/** Argument parser: names of tasks, separated by commas. Each counts once: the harness runs none twice. */
const taskNames = (text: string) => [...new Set(listOf(taskName)(text))];

/** Options of the commands that run tasks. Each call makes a new one, because commander keeps state in options. */
export const taskOptions = {
  tasks: () =>
    new Option('--tasks <names>', 'tasks, separated by commas')
      .argParser(taskNames)
      .default(NAMES, 'all five'),
  data: () =>
    new Option(
      '--data <folder>',
      'folder with piqa.validation.jsonl and so on (default: download from the Hub)',
    ).argParser(nonEmpty),
};
