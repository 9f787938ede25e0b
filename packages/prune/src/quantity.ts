import * as z from 'zod';

/** 80M parameters, 1.2B. */
const COUNTS = { '': 1, k: 1e3, m: 1e6, b: 1e9 } as const;
/** 100MB in powers of ten, 95MiB in powers of two. */
const BYTES = {
  ...{ '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
} as const;

/** A number, or text with a unit behind it; upper and lower case alike. */
function quantity(units: Readonly<Record<string, number>>, example: string) {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const [, digits = '', unit = ''] = /^([\d.]+) ?([a-z]*)$/i.exec(String(value)) ?? [];
    const amount = Number(digits) * (units[unit.toLowerCase()] ?? Number.NaN);
    if (digits !== '' && Number.isFinite(amount) && amount > 0) return Math.floor(amount);
    context.addIssue({ code: 'custom', message: `expected an amount like ${example}, received ${value}` });
    return z.NEVER;
  });
}

export const countSchema = quantity(COUNTS, '80M');
/** Bytes: a number, or text like 100MB (powers of ten) or 95MiB (powers of two). */
export const bytesSchema = quantity(BYTES, '100MB or 95MiB');
