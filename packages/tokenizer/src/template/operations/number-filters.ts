/** Jinja2's filters of numbers. */

import { TemplateFailure } from '../budget.js';
import { strip } from '../values/text.js';
import { intOf, numeric, Undefined, unsupported, type Value } from '../values/values.js';
import type { Filter } from './filters.js';

export const NUMBER_FILTERS: Readonly<Record<string, Filter>> = {
  int: {
    parameters: ['default', 'base'],
    apply: (value, { default: fallback = 0n, base }) => {
      if (base !== undefined) throw new TemplateFailure('int with a base is not supported');
      const number = read(value);
      if (typeof number !== 'number') return number ?? fallback;
      return Number.isFinite(number) ? BigInt(Math.trunc(number)) : fallback;
    },
  },
  float: {
    parameters: ['default'],
    apply: (value, { default: fallback = 0 }) => {
      const number = read(value);
      return number === undefined ? fallback : Number(number);
    },
  },
  abs: {
    parameters: [],
    apply: (value) => {
      const number = numeric(value);
      if (number === undefined) throw unsupported('abs', value);
      return number < 0 ? -number : number;
    },
  },
  round: {
    parameters: ['precision', 'method'],
    apply: (value, { precision = 0n, method = 'common' }) => {
      const number = numeric(value);
      const places = intOf(precision, 'precision');
      if (number === undefined || places < 0 || places > 15) throw unsupported('this rounding', value);
      if (typeof number === 'bigint' && method === 'common') return number;
      if (method === 'common') return roundEven(Number(number), places);
      if (method !== 'ceil' && method !== 'floor')
        throw new TemplateFailure('a rounding is common, ceil or floor');
      return Math[method](Number(number) * 10 ** places) / 10 ** places;
    },
  },
};

/** The number of a text or a number. Undefined has none, and fails. */
function read(value: Value): bigint | number | undefined {
  if (value instanceof Undefined) throw new TemplateFailure(`${value.name} is undefined`);
  return typeof value === 'string' ? parsed(value) : numeric(value);
}

/** A number that Python's `int` or `float` reads. */
function parsed(text: string): bigint | number | undefined {
  const trimmed = strip(text);
  if (/[^\x20-\x7e]/.test(trimmed)) throw new TemplateFailure('a number in other digits is not supported');
  const digits = trimmed.replace(/(?<=\d)_(?=\d)/g, '');
  if (/^[-+]?\d{1,400}$/.test(digits)) return BigInt(digits.replace('+', ''));
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(digits)) return Number(digits);
  const named = /^([-+]?)(inf|infinity|nan)$/i.exec(digits);
  if (!named) return undefined;
  return (named[1] === '-' ? -1 : 1) * (/nan/i.test(named[2]!) ? Number.NaN : Number.POSITIVE_INFINITY);
}

/** Rounds the exact value of a float, halves to even. */
function roundEven(value: number, places: number): number {
  const exact = value.toFixed(Math.min(100, places + 80));
  const cut = exact.indexOf('.') + 1 + places;
  const isHalf = /^50*$/.test(exact.slice(cut)) || (places === 0 && /^\.50*$/.test(exact.slice(cut - 1)));
  const rounded = Number(value.toFixed(places));
  if (!isHalf) return rounded;
  const unit = 10 ** -places;
  const last = Number(value.toFixed(places).at(-1));
  return last % 2 === 0 ? rounded : Number((rounded - Math.sign(value) * unit).toFixed(places));
}
