import * as z from 'zod';
import { numberOf } from './number.js';

/** Units of a count: 80M, 1.2B. */
const COUNTS = { '': 1, k: 1e3, m: 1e6, b: 1e9 } as const;
/** Units of a size: 100MB (powers of ten), 95MiB (powers of two). */
const BYTES = {
  ...{ '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
} as const;

/** A number, or a number followed by a unit in either case. */
function quantity(units: Readonly<Record<string, number>>, example: string) {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const [, digits = '', unit = ''] = /^([\d.]+(?:e[+-]?\d+)?) ?([a-z]*)$/i.exec(String(value)) ?? [];
    const amount = numberOf(digits) * (units[unit.toLowerCase()] ?? Number.NaN);
    if (digits !== '' && Number.isFinite(amount) && amount >= 1) return Math.floor(amount);
    context.addIssue({
      code: 'custom',
      message: `it must be an amount like ${example}; found ${JSON.stringify(value)}`,
    });
    return z.NEVER;
  });
}

/** A count: a number, or text like 80M. */
export const countSchema = quantity(COUNTS, '80M');
/** A size in bytes: a number, or text like 100MB (powers of ten) or 95MiB (powers of two). */
export const bytesSchema = quantity(BYTES, '100MB or 95MiB');

/** `1 worker`, `2 workers` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
