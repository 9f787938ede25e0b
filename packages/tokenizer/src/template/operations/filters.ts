/** Jinja2's filters of texts. Those of numbers and of lists are beside. */

import { type Budget, TemplateFailure } from '../budget.js';
import { json } from '../values/json.js';
import { str } from '../values/show.js';
import { capitalized, replace, splitLines, strip, WHITE } from '../values/text.js';
import {
  type Arguments,
  intOf,
  itemsOf,
  Lazy,
  List,
  lengthOf,
  Markup,
  Opaque,
  sizeOf,
  Tuple,
  textOf,
  truthy,
  typeOf,
  Undefined,
  unsupported,
  type Value,
} from '../values/values.js';
import { NUMBER_FILTERS } from './number-filters.js';
import { path, SEQUENCE_FILTERS } from './sequence-filters.js';

/** The arguments of a filter by name. */
export type Named = Readonly<Record<string, Value | undefined>>;
export interface Filter {
  /** Names of the parameters, in order. Those beyond are in `rest`. */
  readonly parameters: readonly string[];
  readonly rest?: true;
  /** Names of parameters that are never given by place. */
  readonly keywords?: readonly string[];
  apply(value: Value, named: Named, budget: Budget, rest: readonly Value[]): Value;
}

const flagOf = (value: Value | undefined) => value !== undefined && truthy(value);
const simple = (apply: Filter['apply']): Filter => ({ parameters: [], apply });
const onText = (change: (text: string) => string): Filter =>
  simple((value, _, budget) => budget.text(change(plain(value))));

/** `str`, of a value whose text is not marked as HTML, because changes would escape parts of it. */
function plain(value: Value): string {
  if (value instanceof Markup) throw unsupported('a change', value);
  return str(value);
}

/** The white space of an indent. */
function spaces(width: Value): string {
  const count = intOf(width, 'an indent');
  if (count > 100) throw new TemplateFailure('an indent is too wide');
  return ' '.repeat(Math.max(0, count));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};
const escaped = (text: string) => new Markup(text.replace(/[&<>'"]/g, (character) => ENTITIES[character]!));

const TEXT_FILTERS: Readonly<Record<string, Filter>> = {
  trim: {
    parameters: ['chars'],
    apply: (value, { chars }, budget) =>
      budget.text(strip(plain(value), chars === undefined || chars === null ? undefined : plain(chars))),
  },
  upper: onText((text) => text.toUpperCase()),
  lower: onText((text) => text.toLowerCase()),
  capitalize: onText(capitalized),
  title: onText((text) =>
    text
      .split(new RegExp(`([-(\\{\\[<${WHITE}]+)`))
      .map((part) => {
        const [first = '', ...rest] = part;
        return first.toUpperCase() + rest.join('').toLowerCase();
      })
      .join(''),
  ),
  string: simple((value) => (value instanceof Markup ? value : str(value))),
  safe: simple((value) => (value instanceof Markup ? value : new Markup(str(value)))),
  escape: simple((value) => (value instanceof Markup ? value : escaped(str(value)))),
  forceescape: simple((value) => escaped(str(value))),
  wordcount: simple((value) => BigInt(plain(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
  replace: {
    parameters: ['old', 'new', 'count'],
    apply: (value, { old, new: by, count }, budget) => {
      if (old === undefined || by === undefined) throw new TemplateFailure('replace needs two texts');
      const most = count === undefined || count === null ? -1 : intOf(count, 'count');
      return budget.text(replace(plain(value), plain(old), plain(by), most));
    },
  },
  indent: {
    parameters: ['width', 'first', 'blank'],
    apply: (value, { width = 4n, first, blank }, budget) => {
      if (textOf(value) === undefined) throw unsupported('the indent', value);
      const before = typeof width === 'string' ? width : spaces(width);
      const lines = splitLines(`${plain(value)}\n`);
      const rest = lines.map((line, at) =>
        at === 0 || (line === '' && !flagOf(blank)) ? line : before + line,
      );
      return budget.text((flagOf(first) ? before : '') + rest.join('\n'));
    },
  },
  tojson: {
    parameters: ['ensure_ascii', 'indent', 'separators', 'sort_keys'],
    apply: (value, { ensure_ascii: ascii, indent, separators, sort_keys: sorted }, budget) => {
      const pair =
        separators instanceof List || separators instanceof Tuple ? separators.items.map(plain) : undefined;
      const isCompact = indent === undefined || indent === null;
      const unit = isCompact ? undefined : typeof indent === 'string' ? indent : spaces(indent);
      return budget.text(
        json(value, {
          asciiOnly: flagOf(ascii),
          indent: unit,
          separators: [pair?.[0] ?? (isCompact ? ', ' : ','), pair?.[1] ?? ': '],
          sortKeys: flagOf(sorted),
        }),
      );
    },
  },
};

const ANY_FILTERS: Readonly<Record<string, Filter>> = {
  length: simple((value) => lengthOf(value)),
  default: {
    parameters: ['default_value', 'boolean'],
    apply: (value, { default_value: fallback = '', boolean }) =>
      value instanceof Undefined || (flagOf(boolean) && !truthy(value)) ? fallback : value,
  },
};

const MAP: Filter = {
  parameters: [],
  rest: true,
  keywords: ['attribute', 'default'],
  apply: (value, { attribute, default: fallback }, budget, [name, ...args]) => {
    const change = (item: Value): Value => {
      if (attribute === undefined) {
        if (typeof name !== 'string') throw new TemplateFailure('map needs a filter or an attribute');
        return filter(name, item, { positional: args, named: new Map() }, budget);
      }
      const part = path(item, attribute, budget);
      return part instanceof Undefined ? (fallback ?? part) : part;
    };
    return new Lazy(itemsOf(value).map(change));
  },
};

const FILTERS: Readonly<Record<string, Filter>> = {
  ...TEXT_FILTERS,
  ...NUMBER_FILTERS,
  ...ANY_FILTERS,
  ...SEQUENCE_FILTERS,
  map: MAP,
  count: ANY_FILTERS.length!,
  d: ANY_FILTERS.default!,
  e: TEXT_FILTERS.escape!,
};

/** @throws TemplateFailure for a filter, or an argument of one, that is not supported */
export function filter(name: string, value: Value, { positional, named }: Arguments, budget: Budget): Value {
  if (!Object.hasOwn(FILTERS, name)) throw new TemplateFailure(`the filter ${name} is not supported`);
  if (value instanceof Opaque) throw unsupported(`the filter ${name}`, value);
  const found = FILTERS[name]!;
  const all: Record<string, Value> = {};
  for (const [at, parameter] of found.parameters.entries())
    if (at < positional.length) all[parameter] = positional[at]!;
  for (const [key, argument] of named) {
    if (![...found.parameters, ...(found.keywords ?? [])].includes(key) || Object.hasOwn(all, key)) {
      throw new TemplateFailure(`the argument ${key} of the filter ${name} is not supported`);
    }
    all[key] = argument;
  }
  const rest = positional.slice(found.parameters.length);
  if (rest.length > 0 && !found.rest) throw new TemplateFailure(`the filter ${name} has too many arguments`);
  for (const argument of Object.values(all)) {
    budget.step(sizeOf(argument));
    if (argument instanceof Undefined && name !== 'default')
      throw new TemplateFailure(`${typeOf(argument)} in ${name}`);
  }
  budget.step(sizeOf(value));
  return found.apply(value, all, budget, rest);
}
