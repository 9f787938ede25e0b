import { InvalidArgumentError } from '@commander-js/extra-typings';

/** A whole number from 1 on. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return value;
}

/** A whole number from 0 on. */
export function whole(text: string): number {
  return text === '0' ? 0 : count(text);
}

/** Parts between commas. */
export const list = (text: string): string[] => text.split(',').filter(Boolean);

/** Keep ratios between commas. */
export function ratios(text: string): number[] {
  const values = list(text).map(Number);
  if (values.length === 0 || !values.every((value) => value > 0 && value <= 1))
    throw new InvalidArgumentError('Ratios lie above 0 and at most at 1.');
  return values;
}

/** A JSON object. */
export function object(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    throw new InvalidArgumentError('It must be a JSON object.');
  }
}
