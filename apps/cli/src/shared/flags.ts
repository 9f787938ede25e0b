import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { numberFlag } from './number-flag.js';

/** Argument parser: a whole number from `least` on. */
export const countFrom = (least: number) => numberFlag({ type: 'integer', minimum: least });

/** Argument parser: a whole number, 1 or more. */
export const count = countFrom(1);

/** Default of the tokens per window, for help texts. */
export const DEFAULT_WINDOW = '2048, or the context length if it is shorter';

/** Argument parser: a seed of random numbers. */
export const seed = numberFlag({ type: 'integer', minimum: 0, maximum: 0xffff_ffff });

/** Argument parser: text that is not empty. */
export function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

/** Argument parser of several texts, none of them empty. */
export const nonEmptyTexts = (value: string, earlier: string[] | undefined): string[] => [
  ...(earlier ?? []),
  nonEmpty(value),
];

/** Argument parser: texts separated by commas, each of them read by `read`. */
export function listOf<Item>(read: (text: string) => Item) {
  return (text: string): Item[] =>
    text.split(',').map((part) => {
      if (part.trim() === '')
        throw new InvalidArgumentError('Separate values by one comma each; none may be empty.');
      return read(part.trim());
    });
}

/** Argument parser: addresses of workers, separated by commas. */
export const addresses = (text: string): string => listOf(address)(text).join(',');

function address(text: string): string {
  if (/^.+:\d+$/.test(text)) return text;
  throw new InvalidArgumentError(`"${text}" is no address. Write host:port.`);
}

/** Argument parser: an address of the web. */
export function webAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('It must be an address that starts with http:// or https://.');
  if (url.username !== '' || url.password !== '')
    throw new InvalidArgumentError('It must not hold a user or a password.');
  return text;
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
    ).argParser(addresses),
  threads: () => new Option('--threads <number>', 'threads (default: all cores)').argParser(count),
};
