import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** Argument parser: a whole number from `least` on. */
export function countFrom(least: number) {
  return (value: string): number => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    return number;
  };
}

/** Argument parser: a whole number, 1 or more. */
export const count = countFrom(1);

/** Argument parser: text that is not empty. */
export function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

/** Argument parser: a number within bounds, both included. */
export function numberWithin(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

/** Options that several commands share. Each call makes a new one, because commander keeps state in options. */
export const options = {
  backend: () =>
    new Option('--backend <name>', 'backend (default: tensorflow, or wasm if it cannot start)').choices([
      'tensorflow',
      'wasm',
    ] as const),
  workers: () =>
    new Option(
      '--workers <addresses>',
      'processes that hold the layers: host:port of each grasp worker, separated by commas',
    ).argParser(String),
  threads: () => new Option('--threads <number>', 'threads (default: all cores)').argParser(count),
};
