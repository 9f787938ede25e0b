import { Option } from '@commander-js/extra-typings';
import { TASKS, taskNamed } from '@grasp/eval';

/** Argument parser: names of tasks, separated by commas. */
function taskNames(value: string): string[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return names.map((name) => taskNamed(name).name);
}

/** Options of the commands that run tasks. Each call makes a new one, because commander keeps state in options. */
export const taskOptions = {
  tasks: () =>
    new Option('--tasks <names>', 'tasks, separated by commas').argParser(taskNames).default(
      TASKS.map(({ name }) => name),
      'all five',
    ),
  data: () =>
    new Option(
      '--data <folder>',
      'folder with piqa.validation.jsonl and so on (default: download from the Hub)',
    ).argParser(String),
};
