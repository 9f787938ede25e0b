/** Loops and macros. */

import { TemplateFailure } from '../budget.js';
import { type For, mentions, type Node, type Parameter } from '../language/syntax.js';
import {
  Callable,
  Dict,
  equal,
  itemsOf,
  Namespace,
  Tuple,
  truthy,
  Undefined,
  type Value,
} from '../values/values.js';
import type { Ending, Renderer } from './renderer.js';
import { type Scope, scopeIn } from './scope.js';

/** As in Jinja2, the `else` block follows a loop in which no pass reached its end. */
export function forLoop(renderer: Renderer, node: For, scope: Scope): Ending {
  const filtered = node.iterable.type === 'SelectExpression';
  const source = node.iterable.type === 'SelectExpression' ? node.iterable.lhs : node.iterable;
  const all = itemsOf(renderer.expressions.value(source, scope));
  const items = all.filter((item) => {
    renderer.budget.step();
    if (!filtered || node.iterable.type !== 'SelectExpression') return true;
    const inner = scopeIn(scope);
    renderer.expressions.assign(node.loopvar, item, inner);
    return truthy(renderer.expressions.value(node.iterable.test, inner));
  });
  const changes: Value[][] = [];
  let finished = false;
  for (const [at, item] of items.entries()) {
    renderer.budget.step(10);
    const loop = loopFields(items, at, changes);
    const inner = scopeIn(scope, { loop });
    renderer.expressions.assign(node.loopvar, item, inner);
    const ending = renderer.block(node.body, inner);
    if (ending === 'break') break;
    if (ending === 'end') finished = true;
  }
  return finished ? 'end' : renderer.block(node.defaultBlock, scopeIn(scope));
}

function loopFields(items: readonly Value[], at: number, changes: Value[][]): Namespace {
  const loop = new Namespace();
  const count = items.length;
  const fields: Readonly<Record<string, Value>> = {
    index: BigInt(at + 1),
    index0: BigInt(at),
    revindex: BigInt(count - at),
    revindex0: BigInt(count - at - 1),
    first: at === 0,
    last: at === count - 1,
    length: BigInt(count),
    // These count recursive loops, which are not supported.
    depth: 1n,
    depth0: 0n,
    previtem: at > 0 ? items[at - 1]! : new Undefined('previtem'),
    nextitem: at + 1 < count ? items[at + 1]! : new Undefined('nextitem'),
    cycle: new Callable(({ positional }) => {
      if (positional.length === 0) throw new TemplateFailure('cycle needs values');
      return positional[at % positional.length]!;
    }),
    changed: new Callable(({ positional }) => {
      const before = changes.at(-1);
      const same =
        before?.length === positional.length && positional.every((value, i) => equal(value, before[i]!));
      if (!same) changes.push([...positional]);
      return !same;
    }),
  };
  for (const [name, value] of Object.entries(fields)) loop.fields.set(name, value);
  return loop;
}

/** Variables that a macro has if its body names them. */
const EXTRAS: readonly string[] = ['caller', 'kwargs', 'varargs'];
const known = new WeakMap<readonly Node[], ReadonlySet<string>>();

function mentioned(body: readonly Node[]): ReadonlySet<string> {
  const found = known.get(body) ?? new Set(EXTRAS.filter((name) => mentions(body, name)));
  known.set(body, found);
  return found;
}

/** A function that renders a body with arguments. Its scope is in that of its definition. */
export function macro(
  renderer: Renderer,
  parameters: readonly Parameter[],
  body: readonly Node[],
  definition: Scope,
): Callable {
  const names = parameters.map((parameter) =>
    parameter.type === 'Identifier' ? parameter.value : parameter.key.value,
  );
  const extras = EXTRAS.filter((name) => !names.includes(name) && mentioned(body).has(name));
  return new Callable(({ positional, named }) =>
    renderer.budget.nested(() => {
      const rest = new Map(named);
      const scope = scopeIn(definition);
      const defaults: [string, Node][] = [];
      for (const [at, parameter] of parameters.entries()) {
        const name = names[at]!;
        const given = at < positional.length ? positional[at] : rest.get(name);
        if (at < positional.length && rest.has(name))
          throw new TemplateFailure(`the argument ${name} is given twice`);
        rest.delete(name);
        scope.set(name, given ?? (given === null ? null : new Undefined(name)));
        if (given === undefined && parameter.type !== 'Identifier') defaults.push([name, parameter.value]);
      }
      for (const [name, node] of defaults) scope.set(name, renderer.expressions.value(node, scope));
      if (extras.includes('caller')) {
        scope.set('caller', rest.get('caller') ?? new Undefined('caller'));
        rest.delete('caller');
      }
      if (extras.includes('kwargs')) scope.set('kwargs', new Dict(rest));
      else if (rest.size > 0) throw new TemplateFailure(`a macro has no argument ${[...rest.keys()][0]}`);
      if (extras.includes('varargs')) scope.set('varargs', new Tuple(positional.slice(parameters.length)));
      else if (positional.length > parameters.length)
        throw new TemplateFailure('a macro has fewer arguments');
      return renderer.budget.text(renderer.capture(body, scope));
    }),
  );
}
