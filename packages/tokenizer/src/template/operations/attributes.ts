/** Attributes, subscripts and methods of values. */

import { LIMITS } from '../../limits.js';
import { type Budget, TemplateFailure } from '../budget.js';
import {
  capitalized,
  replace,
  split,
  splitFromEnd,
  splitLines,
  strip,
  stripEnd,
  stripStart,
  titleCase,
} from '../values/text.js';
import {
  type Arguments,
  Callable,
  Dict,
  equal,
  intOf,
  itemsOf,
  keyOf,
  List,
  Markup,
  Namespace,
  numeric,
  Opaque,
  orUndefined,
  Range,
  sizeOf,
  Tuple,
  typeOf,
  Undefined,
  unsupported,
  type Value,
  View,
} from '../values/values.js';

type Method<T> = (self: T, args: readonly Value[], budget: Budget) => Value;

const text = (value: Value | undefined, what: string): string => {
  if (typeof value !== 'string') throw new TemplateFailure(`${what} needs a text`);
  return value;
};
const optional = (value: Value | undefined, what: string): string | undefined =>
  value === undefined || value === null ? undefined : text(value, what);
const count = (value: Value | undefined, what: string): number =>
  value === undefined ? -1 : intOf(value, what);
/** A text, or one of several in a tuple. */
const affixes = (value: Value | undefined, what: string): string[] =>
  value instanceof Tuple ? value.items.map((item) => text(item, what)) : [text(value, what)];
const texts = (items: readonly string[]): List => new List(items);

const TEXT: Readonly<Record<string, Method<string>>> = {
  strip: (self, [chars]) => strip(self, optional(chars, 'strip')),
  lstrip: (self, [chars]) => stripStart(self, optional(chars, 'lstrip')),
  rstrip: (self, [chars]) => stripEnd(self, optional(chars, 'rstrip')),
  split: (self, [separator, most]) =>
    texts(split(self, optional(separator, 'split'), count(most, 'maxsplit'))),
  rsplit: (self, [separator, most]) =>
    texts(splitFromEnd(self, text(separator, 'rsplit'), count(most, 'maxsplit'))),
  splitlines: (self, args) =>
    args.length === 0 ? texts(splitLines(self)) : refuse('splitlines with an argument'),
  startswith: (self, [start, ...more]) =>
    more.length === 0
      ? affixes(start, 'startswith').some((affix) => self.startsWith(affix))
      : refuse('startswith from a place'),
  endswith: (self, [end, ...more]) =>
    more.length === 0
      ? affixes(end, 'endswith').some((affix) => self.endsWith(affix))
      : refuse('endswith to a place'),
  replace: (self, [old, by, most]) =>
    replace(self, text(old, 'replace'), text(by, 'replace'), count(most, 'count')),
  upper: (self) => self.toUpperCase(),
  lower: (self) => self.toLowerCase(),
  title: (self) => titleCase(self),
  capitalize: (self) => capitalized(self),
  join: (self, [list]) => {
    const items = itemsOf(list ?? refuse('join of nothing')).map((item) => text(item, 'join'));
    if (items.length * self.length > LIMITS.promptCharacters) throw new TemplateFailure('a text is too long');
    return items.join(self);
  },
  removeprefix: (self, [start]) =>
    self.startsWith(text(start, 'removeprefix')) ? self.slice(text(start, '').length) : self,
  removesuffix: (self, [end]) =>
    text(end, 'removesuffix') !== '' && self.endsWith(text(end, ''))
      ? self.slice(0, -text(end, '').length)
      : self,
  find: (self, [part, ...more]) => {
    const at = more.length === 0 ? self.indexOf(text(part, 'find')) : refuse('find from a place');
    return BigInt(at < 0 ? -1 : [...self.slice(0, at)].length);
  },
  count: (self, [part, ...more]) =>
    more.length === 0 && part !== ''
      ? BigInt(self.split(text(part, 'count')).length - 1)
      : refuse('count in a part'),
};

const DICT: Readonly<Record<string, Method<Dict>>> = {
  get: (self, [key, fallback = null]) => {
    const item = self.entries.get(keyOf(key ?? null));
    return item === undefined ? fallback : item;
  },
  items: (self) =>
    new View(
      'dict_items',
      Array.from(self.entries, (pair) => new Tuple(pair)),
    ),
  keys: (self) => new View('dict_keys', [...self.entries.keys()]),
  values: (self) => new View('dict_values', [...self.entries.values()]),
  copy: (self) => self,
};

const SEQUENCE: Readonly<Record<string, Method<List | Tuple>>> = {
  index: (self, [value, ...more]) => {
    const at =
      more.length === 0
        ? self.items.findIndex((item) => equal(item, value ?? null))
        : refuse('index from a place');
    return at < 0 ? refuse('the index of a value that is not in the list') : BigInt(at);
  },
  count: (self, [value]) => BigInt(self.items.filter((item) => equal(item, value ?? null)).length),
};

/** Other attributes of Python's types. Absent here; so a template that asks for one is refused. */
const OTHERS: Readonly<Record<string, string>> = {
  str: 'casefold center encode expandtabs format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper ljust maketrans partition rfind rindex rjust rpartition swapcase translate zfill',
  Dict: 'clear fromkeys pop popitem setdefault update',
  List: 'append clear copy extend insert pop remove reverse sort',
  int: 'as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer numerator real to_bytes',
  float: 'as_integer_ratio conjugate fromhex hex imag is_integer real',
  bool: 'as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer numerator real to_bytes',
  Range: 'count index start step stop',
  View: 'mapping isdisjoint',
};

function refuse(what: string): never {
  throw new TemplateFailure(`${what} is not supported`);
}

/** `value.name`: a method, or else an entry of a dict. Undefined if there is neither. */
export function attribute(value: Value, name: string, budget: Budget): Value {
  if (value instanceof Undefined) throw new TemplateFailure(`${value.name} is undefined`);
  if (value instanceof Namespace) return orUndefined(value.fields.get(name), name);
  const found = method(value, name, budget);
  return orUndefined(found ?? (value instanceof Dict ? value.entries.get(name) : undefined), name);
}

function method(value: Value, name: string, budget: Budget): Value | undefined {
  if (
    name.startsWith('__') ||
    value instanceof Opaque ||
    value instanceof Callable ||
    value instanceof Markup
  ) {
    throw unsupported(`the attribute ${name}`, value);
  }
  const bound = <T extends Value>(self: T, methods: Readonly<Record<string, Method<T>>>) =>
    Object.hasOwn(methods, name)
      ? new Callable((args) => {
          budget.step(sizeOf(self));
          const result = methods[name]!(self, positional(args, name), budget);
          return typeof result === 'string' ? budget.text(result) : result;
        })
      : undefined;
  const found =
    (typeof value === 'string' ? bound(value, TEXT) : undefined) ??
    (value instanceof Dict ? bound(value, DICT) : undefined) ??
    (value instanceof List || value instanceof Tuple ? bound<List | Tuple>(value, SEQUENCE) : undefined);
  if (found) return found;
  if (OTHERS[typeOf(value)]?.split(' ').includes(name)) refuse(`${typeOf(value)}.${name}`);
  return undefined;
}

function positional({ positional: args, named }: Arguments, name: string): readonly Value[] {
  if (named.size === 0) return args;
  const [[key, value]] = [...named] as [[string, Value]];
  const last = { replace: ['count', 2], split: ['maxsplit', 1], rsplit: ['maxsplit', 1] }[name];
  if (named.size === 1 && last?.[0] === key && args.length === last[1]) return [...args, value];
  if (name === 'split' && key === 'maxsplit' && named.size === 1 && args.length === 0) return [null, value];
  throw new TemplateFailure(`named arguments of ${name} are not supported`);
}

/** `value[key]`: an item, or else an attribute. Undefined if there is neither. */
export function subscript(value: Value, key: Value, budget: Budget): Value {
  if (value instanceof Undefined) throw new TemplateFailure(`${value.name} is undefined`);
  if (value instanceof Dict) {
    const item =
      typeof key === 'string' || typeof key === 'bigint' ? value.entries.get(key) : refuse('such a key');
    if (item !== undefined) return item;
  } else if (
    typeof value === 'string' ||
    value instanceof List ||
    value instanceof Tuple ||
    value instanceof Range
  ) {
    const index = numeric(key);
    if (typeof index === 'bigint') {
      budget.step(sizeOf(value));
      const items = itemsOf(value);
      const at = index < 0n ? Number(index) + items.length : Number(index);
      return orUndefined(items[at], 'an item');
    }
  }
  if (typeof key !== 'string') {
    if (key instanceof Undefined) return key;
    throw new TemplateFailure(`${typeOf(value)}[${typeOf(key)}] is not supported`);
  }
  return attribute(value, key, budget);
}

/** `value[start:stop:step]` */
export function slice(value: Value, bounds: readonly (Value | undefined)[], budget: Budget): Value {
  if (!(typeof value === 'string' || value instanceof List || value instanceof Tuple))
    throw unsupported('a slice', value);
  budget.step(sizeOf(value));
  const [start, stop, by] = bounds.map((bound) =>
    bound === undefined || bound === null ? undefined : intOf(bound, 'a slice'),
  );
  const items = itemsOf(value);
  const step = by ?? 1;
  if (step === 0) throw new TemplateFailure('a slice has step 0');
  const [low, high] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const place = (at: number | undefined, fallback: number) =>
    at === undefined ? fallback : Math.min(Math.max(at < 0 ? at + items.length : at, low), high);
  const [from, to] = [place(start, step > 0 ? 0 : high), place(stop, step > 0 ? high : -1)];
  const picked: Value[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) picked.push(items[at]!);
  if (typeof value === 'string') return budget.text(picked.join(''));
  return value instanceof List ? new List(picked) : new Tuple(picked);
}
