/**
 * Python's values in a template. `str`, `bool` and None are JavaScript's; `int` is a bigint, so that `1` and `1.0` differ;
 * `float` is a number.
 */

import { TemplateFailure } from '../budget.js';
import { compareText } from './text.js';

export type Value =
  | string
  | boolean
  | null
  | bigint
  | number
  | Undefined
  | List
  | Tuple
  | Dict
  | Namespace
  | Range
  | View
  | Lazy
  | Markup
  | Callable
  | Opaque;

export class Undefined {
  constructor(readonly name: string = 'value') {}
}
/** A value that was found, None included, or Undefined of this name. */
export const orUndefined = (found: Value | undefined, name: string): Value =>
  found === undefined ? new Undefined(name) : found;

export class List {
  readonly size: number;
  constructor(readonly items: readonly Value[]) {
    this.size = sizeOfAll(items);
  }
}
export class Tuple {
  readonly size: number;
  constructor(readonly items: readonly Value[]) {
    this.size = sizeOfAll(items);
  }
}
export type Key = string | bigint;
export class Dict {
  readonly size: number;
  constructor(readonly entries: ReadonlyMap<Key, Value>) {
    this.size = sizeOfAll([...entries.keys()]) + sizeOfAll([...entries.values()]);
  }
}
export class Namespace {
  readonly fields = new Map<string, Value>();
}
export class Range {
  readonly items: readonly bigint[];
  constructor(
    readonly start: bigint,
    readonly stop: bigint,
    readonly step: bigint,
  ) {
    const count = step > 0n ? (stop - start + step - 1n) / step : (stop - start + step + 1n) / step;
    if (count > 100_000n) throw new TemplateFailure('a range has more than 100000 numbers');
    this.items = Array.from({ length: Math.max(0, Number(count)) }, (_, i) => start + BigInt(i) * step);
  }
}
/** What `items`, `keys` and `values` of a dict return. */
export class View {
  readonly size: number;
  constructor(
    readonly kind: 'dict_items' | 'dict_keys' | 'dict_values',
    readonly items: readonly Value[],
  ) {
    this.size = sizeOfAll(items);
  }
}
/** A generator, which can be read once. */
export class Lazy {
  #items: readonly Value[] | undefined;
  readonly size: number;
  constructor(items: readonly Value[]) {
    this.#items = items;
    this.size = sizeOfAll(items);
  }
  take(): readonly Value[] {
    const items = this.#items;
    if (!items) throw new TemplateFailure('the result of a filter is used twice; add "| list"');
    this.#items = undefined;
    return items;
  }
}
/** Text that is marked as HTML. */
export class Markup {
  constructor(readonly text: string) {}
}
export type Arguments = { readonly positional: readonly Value[]; readonly named: ReadonlyMap<string, Value> };
export class Callable {
  constructor(readonly call: (args: Arguments) => Value) {}
}
/** Something that exists in Jinja2 and is not supported here. */
export class Opaque {
  constructor(readonly name: string) {}
}

/** The work of reading a value whole, in steps. A list counts its items as often as it holds them. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === 'string') return 1 + value.length / 16;
  if (value instanceof Markup) return 1 + value.text.length / 16;
  if (value instanceof Range) return value.items.length;
  return typeof value === 'object' && value !== null && 'size' in value ? value.size : 1;
}

const sizeOfAll = (items: readonly Value[]): number =>
  items.reduce<number>((sum, item) => sum + sizeOf(item), 1);

export const typeOf = (value: Value): string => {
  if (value === null) return 'None';
  if (typeof value === 'object') return value.constructor.name;
  return (
    { string: 'str', boolean: 'bool', bigint: 'int', number: 'float' }[typeof value as string] ?? typeof value
  );
};

export function unsupported(what: string, value: Value): TemplateFailure {
  const name = value instanceof Opaque ? value.name : typeOf(value);
  return new TemplateFailure(`${what} of ${name} is not supported`);
}

/** A Python value of JSON. */
export function fromJson(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return new List(value.map(fromJson));
  return new Dict(new Map(Object.entries(value as object).map(([key, item]) => [key, fromJson(item)])));
}

export function truthy(value: Value): boolean {
  if (value instanceof Undefined) return false;
  if (value instanceof List || value instanceof Tuple || value instanceof Range || value instanceof View) {
    return value.items.length > 0;
  }
  if (value instanceof Dict) return value.entries.size > 0;
  if (value instanceof Markup) return value.text !== '';
  if (value instanceof Opaque) throw unsupported('the truth', value);
  return typeof value === 'object' ? value !== null : Boolean(value);
}

/** `bool` counts as a number. */
export function numeric(value: Value): bigint | number | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'bigint' || typeof value === 'number' ? value : undefined;
}

export function equal(a: Value, b: Value): boolean {
  const [x, y] = [numeric(a), numeric(b)];
  // biome-ignore lint/suspicious/noDoubleEquals: compares a bigint with a number by value
  if (x !== undefined && y !== undefined) return x == y;
  if (a instanceof Markup || b instanceof Markup) {
    return textOf(a) !== undefined && textOf(a) === textOf(b);
  }
  if ((a instanceof List && b instanceof List) || (a instanceof Tuple && b instanceof Tuple)) {
    return a.items.length === b.items.length && a.items.every((item, at) => equal(item, b.items[at]!));
  }
  if (a instanceof Dict && b instanceof Dict) {
    return (
      a.entries.size === b.entries.size &&
      [...a.entries].every(([key, item]) => b.entries.has(key) && equal(item, b.entries.get(key)!))
    );
  }
  if (a instanceof Undefined && b instanceof Undefined) return true;
  for (const value of [a, b]) {
    if (value instanceof Opaque || value instanceof Range || value instanceof View)
      throw unsupported('equality', value);
  }
  return a === b;
}

/** The text of `str` and Markup. */
export function textOf(value: Value): string | undefined {
  if (value instanceof Markup) return value.text;
  return typeof value === 'string' ? value : undefined;
}

/** Negative, zero or positive, as a < b, a == b or a > b. @throws TemplateFailure if Python does not order them */
export function compare(a: Value, b: Value): number {
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) {
    if (Number.isNaN(x) || Number.isNaN(y)) throw new TemplateFailure('the order of nan is not supported');
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if ((a instanceof List && b instanceof List) || (a instanceof Tuple && b instanceof Tuple)) {
    const at = a.items.findIndex((item, index) => index >= b.items.length || !equal(item, b.items[index]!));
    if (at < 0 || at >= b.items.length) return a.items.length - b.items.length;
    return compare(a.items[at]!, b.items[at]!);
  }
  throw new TemplateFailure(`${typeOf(a)} and ${typeOf(b)} have no order`);
}

/** `iter`. Undefined has no items. @throws TemplateFailure if the value has none in Python */
export function itemsOf(value: Value): readonly Value[] {
  if (value instanceof Lazy) return value.take();
  if (value instanceof List || value instanceof Tuple || value instanceof Range || value instanceof View)
    return value.items;
  if (value instanceof Dict) return [...value.entries.keys()];
  if (typeof value === 'string') return [...value];
  if (value instanceof Undefined) return [];
  throw unsupported('the items', value);
}

export function lengthOf(value: Value): bigint {
  if (value instanceof Lazy) throw new TemplateFailure('a generator has no length; add "| list"');
  return BigInt(itemsOf(value instanceof Markup ? value.text : value).length);
}

/** A key of a dict. @throws TemplateFailure for values that are rare as keys */
export function keyOf(value: Value): Key {
  if (typeof value === 'string' || typeof value === 'bigint') return value;
  throw unsupported('a key', value);
}

/** A small integer, such as an index. */
export function intOf(value: Value, what: string): number {
  const number = numeric(value);
  if (typeof number !== 'bigint') throw new TemplateFailure(`${what} is no integer`);
  return Number(number);
}
