import { Budget, TemplateFailure } from './budget.js';
import { type Node, parseTemplate } from './language/syntax.js';
import { Renderer } from './rendering/renderer.js';
import { scopeIn } from './rendering/scope.js';
import { str } from './values/show.js';
import { strftime } from './values/strftime.js';
import {
  type Arguments,
  Callable,
  Dict,
  fromJson,
  intOf,
  itemsOf,
  Namespace,
  Opaque,
  Range,
  type Value,
} from './values/values.js';

/** A template that has been parsed. */
export type Template = (context: Readonly<Record<string, unknown>>) => string;

/**
 * Parses a template. The returned function renders it with variables that are JSON.
 *
 * @throws TemplateFailure if it has syntax that is not supported. The function throws it too.
 */
export function compileTemplate(template: string): Template {
  let program: Node;
  try {
    program = parseTemplate(template);
  } catch (error) {
    throw failure(error);
  }
  return (context) => {
    const renderer = new Renderer(new Budget());
    const variables = Object.entries(context).map(([name, value]) => [name, fromJson(value)] as const);
    try {
      return renderer.capture([program], scopeIn(scopeIn(undefined, GLOBALS), Object.fromEntries(variables)));
    } catch (error) {
      throw failure(error);
    }
  };
}

/** A template that nests deeply exhausts the stack. */
function failure(error: unknown): unknown {
  return error instanceof RangeError ? new TemplateFailure('it nests too deeply') : error;
}

function pairs({ positional, named }: Arguments): [string, Value][] {
  const [source, ...more] = positional;
  if (more.length > 0) throw new TemplateFailure('a namespace takes one value');
  const entries =
    source === undefined
      ? []
      : source instanceof Dict
        ? [...source.entries]
        : itemsOf(source).map((pair) => itemsOf(pair) as readonly Value[]);
  return [...entries, ...named].map((pair) => {
    const [name, value] = pair as readonly [Value, Value];
    if (typeof name !== 'string') throw new TemplateFailure('a name is no text');
    return [name, value];
  });
}

const GLOBALS: Readonly<Record<string, Value>> = {
  range: new Callable(({ positional, named }) => {
    if (named.size > 0 || positional.length < 1 || positional.length > 3)
      throw new TemplateFailure('a range of other arguments');
    const [a, b, c] = positional.map((value) => BigInt(intOf(value, 'a range')));
    const step = c ?? 1n;
    if (step === 0n) throw new TemplateFailure('a range has step 0');
    return b === undefined ? new Range(0n, a!, step) : new Range(a!, b, step);
  }),
  dict: new Callable((args) => new Dict(new Map(pairs(args)))),
  namespace: new Callable((args) => {
    const namespace = new Namespace();
    for (const [name, value] of pairs(args)) {
      if (name.startsWith('_')) throw new TemplateFailure('fields that begin with _ cannot be set');
      namespace.fields.set(name, value);
    }
    return namespace;
  }),
  raise_exception: new Callable(({ positional }) => {
    throw new TemplateFailure(str(positional[0] ?? ''));
  }),
  strftime_now: new Callable(({ positional: [format] }) => {
    if (typeof format !== 'string') throw new TemplateFailure('a date needs a format');
    return strftime(format, new Date());
  }),
  ...Object.fromEntries(['lipsum', 'cycler', 'joiner', 'self'].map((name) => [name, new Opaque(name)])),
};
