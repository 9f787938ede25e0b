import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Reads an option that takes a whole number from 1 on. */
export function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

/** Reads an option that takes words of a set, separated by commas. */
export const listOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word[] =>
    text.split(',').map((part) => {
      const found = words.find((word) => word === part);
      if (found === undefined)
        throw new InvalidArgumentError(`It takes ${words.join(', ')}, with commas between.`);
      return found;
    });
