/** Parsers of option values. Each throws InvalidArgumentError for text that it cannot read. */

import { InvalidArgumentError } from '@commander-js/extra-typings';
import { parseJson } from '@grasp/files';
import { numberOf } from '@grasp/prune';

/** A positive integer. */
export function count(text: string): number {
  const value = numberOf(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a positive integer.');
}

/** A positive integer of at least `least`. */
export const countFrom =
  (least: number) =>
  (text: string): number => {
    const value = count(text);
    if (value >= least) return value;
    throw new InvalidArgumentError(`Expected ${least} or more.`);
  };

/** Tokens of a made-up vocabulary: the tokenizer that goes with it has one for each byte. */
export function vocabularySize(text: string): number {
  const value = count(text);
  if (value >= LEAST_VOCABULARY) return value;
  throw new InvalidArgumentError(`Expected ${LEAST_VOCABULARY} or more, a token for each byte.`);
}

export const LEAST_VOCABULARY = 256;

/** A non-negative integer. */
export function countOrZero(text: string): number {
  return text === '0' ? 0 : count(text);
}

/** A number greater than 0. */
export function positive(text: string): number {
  const value = numberOf(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number greater than 0.');
}

/** Comma-separated positive integers, in ascending order. */
export const counts = (text: string): number[] =>
  [...new Set(text.split(',').map(count))].sort((a, b) => a - b);

/** Comma-separated words, at least one. */
export function list(text: string): string[] {
  const words = text.split(',').filter(Boolean);
  if (words.length > 0) return words;
  throw new InvalidArgumentError('Expected one or more words, separated by commas.');
}

/** Comma-separated words out of `words`. */
export const listOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word[] =>
    text.split(',').map((part) => {
      const found = words.find((word) => word === part);
      if (found === undefined)
        throw new InvalidArgumentError(`Expected one or more of ${words.join(', ')}, separated by commas.`);
      return found;
    });

/** Comma-separated keep ratios, each in (0, 1] and once. */
export function ratios(text: string): number[] {
  const values = text.split(',').map(numberOf);
  if (!values.every((value) => value > 0 && value <= 1))
    throw new InvalidArgumentError('Expected ratios greater than 0 and at most 1, separated by commas.');
  return [...new Set(values)];
}

/** One keep ratio, in (0, 1]. */
export function ratio(text: string): number {
  const value = numberOf(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a ratio greater than 0 and at most 1.');
}

/** A JSON object. The example is one that the option accepts, for the message. */
const jsonObject =
  (example: string) =>
  (text: string): Record<string, unknown> => {
    try {
      const value: unknown = parseJson(text);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    } catch {
      // falls through to the error below
    }
    throw new InvalidArgumentError(`Expected a JSON object, such as ${example}.`);
  };

/** Settings of a pruning run, in groups. */
export const settingsObject = jsonObject('{"text": {"blocks": 128}}');

/** Settings of healing. */
export const healSettingsObject = jsonObject('{"learningRate": 5e-4}');
