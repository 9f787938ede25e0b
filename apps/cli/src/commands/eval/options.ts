import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { TASKS, taskNamed } from '@grasp/eval';

/** Argument parser: a whole number from 1 on. */
export function count(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return number;
}

/** Argument parser: a number within bounds. */
export function numberWithin(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

/** Argument parser: names with commas between. */
function taskNames(value: string): string[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return names.map((name) => taskNamed(name).name);
}

/** Fresh options that several commands share: commander keeps state in them. */
export const options = {
  tasks: () =>
    new Option('--tasks <names>', 'tasks, with commas between').argParser(taskNames).default(
      TASKS.map(({ name }) => name),
      'all five',
    ),
  data: () =>
    new Option('--data <folder>', 'folder with piqa.validation.jsonl and so on; default: the hub').argParser(
      String,
    ),
  backend: () => new Option('--backend <name>').choices(['tensorflow', 'wasm'] as const),
  workers: () =>
    new Option(
      '--workers <addresses>',
      'processes that hold the layers, host:port of each `grasp worker`',
    ).argParser(String),
  threads: () => new Option('--threads <number>', 'default: all cores').argParser(count),
};
