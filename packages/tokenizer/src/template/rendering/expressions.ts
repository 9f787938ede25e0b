/** Values of expressions, as Jinja2 computes them. */

import { type Budget, TemplateFailure } from '../budget.js';
import type { Binary, Call, Node } from '../language/syntax.js';
import { attribute, slice, subscript } from '../operations/attributes.js';
import { filter } from '../operations/filters.js';
import { arithmetic, COMPARISONS, comparison, unary } from '../operations/operators.js';
import { test } from '../operations/tests.js';
import {
  type Arguments,
  Callable,
  Dict,
  itemsOf,
  keyOf,
  List,
  Namespace,
  Opaque,
  sizeOf,
  Tuple,
  truthy,
  typeOf,
  Undefined,
  unsupported,
  type Value,
} from '../values/values.js';
import type { Scope } from './scope.js';

const CONSTANTS: Readonly<Record<string, Value>> = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
};

export class Expressions {
  constructor(readonly budget: Budget) {}

  /** Assigns to a name, to several, or to a field of a namespace. */
  assign(target: Node, value: Value, scope: Scope): void {
    if (target.type === 'Identifier') {
      if (Object.hasOwn(CONSTANTS, target.value)) throw new TemplateFailure(`${target.value} cannot be set`);
      scope.set(target.value, value);
    } else if (target.type === 'TupleLiteral') {
      if (value instanceof Undefined) throw new TemplateFailure(`${value.name} is undefined`);
      const items = itemsOf(value);
      if (items.length !== target.value.length)
        throw new TemplateFailure('an assignment to another number of names');
      for (const [at, name] of target.value.entries()) this.assign(name, items[at]!, scope);
    } else if (
      target.type === 'MemberExpression' &&
      !target.computed &&
      target.property.type === 'Identifier'
    ) {
      const object = this.value(target.object, scope);
      if (!(object instanceof Namespace)) throw new TemplateFailure('only fields of a namespace can be set');
      if (target.property.value.startsWith('_'))
        throw new TemplateFailure('fields that begin with _ cannot be set');
      object.fields.set(target.property.value, value);
    } else throw new TemplateFailure(`an assignment to ${target.type} is not supported`);
  }

  value(node: Node, scope: Scope): Value {
    this.budget.step();
    switch (node.type) {
      case 'Identifier':
        return Object.hasOwn(CONSTANTS, node.value) ? CONSTANTS[node.value]! : scope.get(node.value);
      case 'StringLiteral':
        return node.value;
      case 'IntegerLiteral':
        if (!Number.isSafeInteger(node.value)) throw new TemplateFailure('a number is too large');
        return BigInt(node.value);
      case 'FloatLiteral':
        return node.value;
      case 'ArrayLiteral':
        return new List(node.value.map((item) => this.value(item, scope)));
      case 'TupleLiteral':
        return new Tuple(node.value.map((item) => this.value(item, scope)));
      case 'ObjectLiteral':
        return new Dict(
          new Map(
            Array.from(node.value, ([key, item]) => [keyOf(this.value(key, scope)), this.value(item, scope)]),
          ),
        );
      case 'UnaryExpression':
        if (node.operator.value === 'not') return !truthy(this.value(node.argument, scope));
        return unary(node.operator.value, this.value(node.argument, scope));
      case 'BinaryExpression':
        return this.#binary(node, scope);
      case 'Ternary':
        return this.value(truthy(this.value(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
      case 'SelectExpression':
        return truthy(this.value(node.test, scope))
          ? this.value(node.lhs, scope)
          : new Undefined('a condition');
      case 'TestExpression':
        return test(node.test.value, this.value(node.operand, scope)) !== node.negate;
      case 'FilterExpression':
        return this.filtered(this.value(node.operand, scope), node.filter, scope);
      case 'CallExpression':
        return this.call(node, scope);
      case 'MemberExpression':
        return this.#member(node, scope);
      default:
        throw new TemplateFailure(`${node.type} is not supported`);
    }
  }

  #binary(node: Binary, scope: Scope): Value {
    const operator = node.operator.value;
    if (operator === 'and' || operator === 'or') {
      const left = this.value(node.left, scope);
      return truthy(left) === (operator === 'or') ? left : this.value(node.right, scope);
    }
    if (COMPARISONS.includes(operator)) return this.#comparisons(node, scope);
    if ('+-~'.includes(operator)) return this.#sum(node, scope);
    return arithmetic(operator, this.value(node.left, scope), this.value(node.right, scope), this.budget);
  }

  /** `a < b < c` is `a < b and b < c`. */
  #comparisons(node: Binary, scope: Scope): boolean {
    const [first, ...rest] = chain(node, COMPARISONS);
    let left = this.value(first!.node, scope);
    for (const { operator, node } of rest) {
      const right = this.value(node, scope);
      this.budget.step(sizeOf(left) + sizeOf(right));
      if (!comparison(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  /** `~` binds closer than `+` and `-`, which the parser does not know. */
  #sum(node: Binary, scope: Scope): Value {
    const terms: { operator: string; value: Value }[] = [];
    for (const { operator, node: part } of chain(node, ['+', '-', '~'])) {
      const value = this.value(part, scope);
      const last = terms.at(-1);
      if (operator === '~' && last) last.value = arithmetic('~', last.value, value, this.budget);
      else terms.push({ operator, value });
    }
    return terms.reduce((left, right) => ({
      operator: '',
      value: arithmetic(right.operator, left.value, right.value, this.budget),
    })).value;
  }

  #member(node: Extract<Node, { type: 'MemberExpression' }>, scope: Scope): Value {
    const object = this.value(node.object, scope);
    const { property } = node;
    if (!node.computed) {
      if (property.type === 'Identifier') return attribute(object, property.value, this.budget);
      return subscript(object, this.value(property, scope), this.budget);
    }
    if (property.type !== 'SliceExpression')
      return subscript(object, this.value(property, scope), this.budget);
    const bounds = [property.start, property.stop, property.step];
    return slice(
      object,
      bounds.map((bound) => bound && this.value(bound, scope)),
      this.budget,
    );
  }

  filtered(
    value: Value,
    node: Extract<Node, { type: 'Identifier' | 'CallExpression' }>,
    scope: Scope,
  ): Value {
    const name = node.type === 'CallExpression' ? node.callee : node;
    if (name.type !== 'Identifier') throw new TemplateFailure('a filter is not named');
    return filter(
      name.value,
      value,
      node.type === 'Identifier' ? NO_ARGUMENTS : this.#arguments(node.args, scope),
      this.budget,
    );
  }

  call(node: Call, scope: Scope, caller?: Callable): Value {
    const callee = this.value(node.callee, scope);
    const args = this.#arguments(node.args, scope);
    for (const value of [...args.positional, ...args.named.values()]) this.budget.step(sizeOf(value));
    if (callee instanceof Undefined) throw new TemplateFailure(`${callee.name} is undefined`);
    if (callee instanceof Opaque) throw unsupported('a call', callee);
    if (!(callee instanceof Callable)) throw new TemplateFailure(`${typeOf(callee)} is no function`);
    if (!caller) return callee.call(args);
    return callee.call({ ...args, named: new Map([...args.named, ['caller', caller]]) });
  }

  #arguments(nodes: readonly Node[], scope: Scope): Arguments {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const node of nodes) {
      if (node.type === 'KeywordArgumentExpression') named.set(node.key.value, this.value(node.value, scope));
      else if (node.type === 'SpreadExpression' || node.type === 'KeywordSpreadExpression') {
        throw new TemplateFailure('* and ** in a call are not supported');
      } else positional.push(this.value(node, scope));
    }
    return { positional, named };
  }
}

export const NO_ARGUMENTS: Arguments = { positional: [], named: new Map() };

/** The operands of operators of one precedence, in order, each with the operator before it. Stops at parentheses. */
function chain(
  node: Binary,
  operators: readonly string[],
): { readonly operator: string; readonly node: Node }[] {
  const { left, operator, right } = node;
  const last = { operator: operator.value, node: right };
  if (left.type !== 'BinaryExpression' || !operators.includes(left.operator.value)) {
    return [{ operator: '', node: left }, last];
  }
  // The parser makes tokens of its own for `not in`, so their place is unknown.
  if (left.operator.group === undefined || operator.group === undefined) {
    throw new TemplateFailure('"not in" beside another comparison is not supported');
  }
  if (left.operator.group !== operator.group) return [{ operator: '', node: left }, last];
  return [...chain(left, operators), last];
}
