/** Jinja2's filters of lists and dicts. */

import { LIMITS } from '../../limits.js';
import { type Budget, TemplateFailure } from '../budget.js';
import { str } from '../values/show.js';
import {
  compare,
  Dict,
  itemsOf,
  Lazy,
  List,
  Markup,
  numeric,
  orUndefined,
  sizeOf,
  Tuple,
  truthy,
  Undefined,
  unsupported,
  type Value,
} from '../values/values.js';
import { subscript } from './attributes.js';
import type { Filter } from './filters.js';
import { arithmetic } from './operators.js';
import { test } from './tests.js';

const yes = (value: Value | undefined) => value !== undefined && truthy(value);
const named = (value: Value | undefined): Value | undefined => (value === null ? undefined : value);

/** Reads `a.b.0` of an item. */
export function path(item: Value, attribute: Value, budget: Budget): Value {
  const parts = typeof attribute === 'string' ? attribute.split('.') : [attribute];
  return parts.reduce<Value>(
    (value, part) =>
      subscript(value, typeof part === 'string' && /^\d+$/.test(part) ? BigInt(part) : part, budget),
    item,
  );
}

/** Lower case, if case does not count. */
const folded = (value: Value, caseSensitive: boolean): Value =>
  typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value;

/** The items of a list, and each with the value by which it is ordered or compared. */
function keyed(value: Value, attribute: Value | undefined, caseSensitive: Value | undefined, budget: Budget) {
  const by = named(attribute);
  return itemsOf(value).map((item) => {
    const key = folded(by === undefined ? item : path(item, by, budget), yes(caseSensitive));
    return { item, key };
  });
}

function sorted<T extends { readonly key: Value }>(items: T[], reverse: boolean, budget: Budget): T[] {
  budget.step(items.length);
  return items.sort((a, b) => {
    budget.step(sizeOf(a.key) + sizeOf(b.key));
    return reverse ? compare(b.key, a.key) : compare(a.key, b.key);
  });
}

function extreme(sign: number): Filter {
  return {
    parameters: ['case_sensitive', 'attribute'],
    apply: (value, { case_sensitive: cased, attribute }, budget) => {
      const items = keyed(value, attribute, cased, budget);
      if (items.length === 0) return new Undefined('an item');
      return items.reduce((best, next) => (compare(next.key, best.key) * sign > 0 ? next : best)).item;
    },
  };
}

/** A value by which Python's sets tell items apart. */
function identity(value: Value): unknown {
  const number = numeric(value);
  if (number !== undefined) return Number(number);
  if (typeof value === 'string') return `s${value}`;
  if (value === null) return value;
  throw unsupported('a set', value);
}

/** `select` and its kin: keeps the items, or those with an attribute, that pass a test. */
function chosen(keep: boolean, byAttribute: boolean): Filter {
  return {
    parameters: [],
    rest: true,
    apply: (value, _, budget, args) => {
      const [attribute, name, argument, ...more] = byAttribute ? args : [null, ...args];
      if (attribute === undefined || more.length > 0)
        throw new TemplateFailure('a selection has other arguments');
      if (name !== undefined && typeof name !== 'string')
        throw new TemplateFailure('a test is named by a text');
      const items = itemsOf(value).filter((item) => {
        const part = byAttribute ? path(item, attribute, budget) : item;
        budget.step(sizeOf(part) + sizeOf(argument));
        return (name === undefined ? truthy(part) : test(name, part, argument)) === keep;
      });
      return new Lazy(items);
    },
  };
}

export const SEQUENCE_FILTERS: Readonly<Record<string, Filter>> = {
  list: { parameters: [], apply: (value) => new List(itemsOf(value)) },
  first: { parameters: [], apply: (value) => orUndefined(itemsOf(value)[0], 'an item') },
  last: {
    parameters: [],
    apply: (value) => {
      if (value instanceof Lazy) throw unsupported('the last item', value);
      return orUndefined(itemsOf(value).at(-1), 'an item');
    },
  },
  reverse: {
    parameters: [],
    apply: (value) => {
      if (value instanceof Markup || value instanceof Undefined) throw unsupported('the reverse', value);
      const items = [...itemsOf(value)].reverse();
      return typeof value === 'string' ? items.join('') : new Lazy(items);
    },
  },
  join: {
    parameters: ['d', 'attribute'],
    apply: (value, { d = '', attribute }, budget) => {
      const by = named(attribute);
      const items = itemsOf(value).map((item) => (by === undefined ? item : path(item, by, budget)));
      const between = str(d);
      if (items.length * between.length > LIMITS.promptCharacters)
        throw new TemplateFailure('a text is too long');
      return budget.text(items.map(str).join(between));
    },
  },
  sort: {
    parameters: ['reverse', 'case_sensitive', 'attribute'],
    apply: (value, { reverse, case_sensitive: cased, attribute }, budget) => {
      if (typeof attribute === 'string' && attribute.includes(','))
        throw new TemplateFailure('a sort by several attributes');
      return new List(
        sorted(keyed(value, attribute, cased, budget), yes(reverse), budget).map(({ item }) => item),
      );
    },
  },
  unique: {
    parameters: ['case_sensitive', 'attribute'],
    apply: (value, { case_sensitive: cased, attribute }, budget) => {
      const seen = new Set<unknown>();
      const items = keyed(value, attribute, cased, budget).filter(({ key }) => {
        const known = seen.has(identity(key));
        seen.add(identity(key));
        return !known;
      });
      return new Lazy(items.map(({ item }) => item));
    },
  },
  max: extreme(1),
  min: extreme(-1),
  sum: {
    parameters: ['attribute', 'start'],
    apply: (value, { attribute, start = 0n }, budget) => {
      const by = named(attribute);
      return itemsOf(value).reduce<Value>(
        (sum, item) => arithmetic('+', sum, by === undefined ? item : path(item, by, budget), budget),
        start,
      );
    },
  },
  items: {
    parameters: [],
    apply: (value) => {
      if (value instanceof Undefined) return new Lazy([]);
      if (!(value instanceof Dict)) throw unsupported('the entries', value);
      return new Lazy(Array.from(value.entries, (pair) => new Tuple(pair)));
    },
  },
  dictsort: {
    parameters: ['case_sensitive', 'by', 'reverse'],
    apply: (value, { case_sensitive: cased, by = 'key', reverse }, budget) => {
      if (!(value instanceof Dict) || (by !== 'key' && by !== 'value'))
        throw unsupported('this order', value);
      const pairs = Array.from(value.entries, (pair) => ({
        item: new Tuple(pair),
        key: folded(pair[by === 'key' ? 0 : 1], yes(cased)),
      }));
      return new List(sorted(pairs, yes(reverse), budget).map(({ item }) => item));
    },
  },
  select: chosen(true, false),
  reject: chosen(false, false),
  selectattr: chosen(true, true),
  rejectattr: chosen(false, true),
};
