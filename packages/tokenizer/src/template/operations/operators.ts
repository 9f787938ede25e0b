import { type Budget, TemplateFailure } from '../budget.js';
import { repr, str } from '../values/show.js';
import {
  compare,
  Dict,
  equal,
  itemsOf,
  keyOf,
  List,
  numeric,
  Range,
  sizeOf,
  Tuple,
  typeOf,
  type Value,
  View,
} from '../values/values.js';

export const COMPARISONS: readonly string[] = ['==', '!=', '<', '>', '<=', '>=', 'in', 'not in'];

export function comparison(operator: string, a: Value, b: Value): boolean {
  switch (operator) {
    case '==':
      return equal(a, b);
    case '!=':
      return !equal(a, b);
    case 'in':
      return contains(b, a);
    case 'not in':
      return !contains(b, a);
    case '<':
      return compare(a, b) < 0;
    case '>':
      return compare(a, b) > 0;
    case '<=':
      return compare(a, b) <= 0;
    default:
      return compare(a, b) >= 0;
  }
}

function contains(container: Value, value: Value): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string') throw new TemplateFailure(`a text contains no ${typeOf(value)}`);
    return container.includes(value);
  }
  if (container instanceof Dict) return container.entries.has(keyOf(value));
  if (
    container instanceof List ||
    container instanceof Tuple ||
    container instanceof View ||
    container instanceof Range
  ) {
    return container.items.some((item) => equal(item, value));
  }
  return itemsOf(container).some((item) => equal(item, value));
}

export function arithmetic(operator: string, a: Value, b: Value, budget: Budget): Value {
  budget.step(sizeOf(a) + sizeOf(b));
  if (operator === '~') return budget.text(str(a) + str(b));
  if (operator === '%' && typeof a === 'string') return budget.text(formatted(a, b));
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return budget.text(a + b);
    for (const Kind of [List, Tuple]) {
      if (a instanceof Kind && b instanceof Kind) return new Kind([...a.items, ...b.items]);
    }
  }
  if (operator === '*') {
    const repeated = repeat(a, b, budget) ?? repeat(b, a, budget);
    if (repeated !== undefined) return repeated;
  }
  const [x, y] = [numeric(a), numeric(b)];
  if (x === undefined || y === undefined) {
    throw new TemplateFailure(`${typeOf(a)} ${operator} ${typeOf(b)} is not supported`);
  }
  return typeof x === 'bigint' && typeof y === 'bigint'
    ? integers(operator, x, y)
    : floats(operator, Number(x), Number(y));
}

function repeat(value: Value, times: Value, budget: Budget): Value | undefined {
  const count = numeric(times);
  if (typeof count !== 'bigint' || count > 1_000_000n) return undefined;
  const n = Math.max(0, Number(count));
  if (typeof value === 'string') {
    budget.step(n);
    if (value.length * n > 2 ** 24) throw new TemplateFailure('a repetition is too long');
    return budget.text(value.repeat(n));
  }
  if (!(value instanceof List || value instanceof Tuple)) return undefined;
  budget.step(value.items.length * n);
  const items = Array.from({ length: n }, () => value.items).flat();
  return value instanceof List ? new List(items) : new Tuple(items);
}

function integers(operator: string, x: bigint, y: bigint): Value {
  const divisor = () => {
    if (y === 0n) throw new TemplateFailure('division by zero');
    return y;
  };
  const floor = () => {
    const quotient = x / divisor();
    return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
  };
  switch (operator) {
    case '+':
      return bounded(x + y);
    case '-':
      return bounded(x - y);
    case '*':
      return bounded(x * y);
    case '/':
      return Number(x) / Number(divisor());
    case '//':
      return floor();
    case '%':
      return x - floor() * y;
    default:
      if (y < 0n) return floats(operator, Number(x), Number(y));
      if (y > 256n) throw new TemplateFailure('a power is too large');
      return bounded(x ** y);
  }
}

function bounded(value: bigint): bigint {
  if (value > 2n ** 512n || value < -(2n ** 512n)) throw new TemplateFailure('a number is too large');
  return value;
}

function floats(operator: string, x: number, y: number): Value {
  if (['/', '//', '%'].includes(operator) && y === 0) throw new TemplateFailure('division by zero');
  const modulo = () => {
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
  };
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
      return x / y;
    case '%':
      return modulo();
    case '//':
      return Math.round((x - modulo()) / y);
    default: {
      const power = x ** y;
      if (!Number.isFinite(power)) throw new TemplateFailure('a power is no finite number');
      return power;
    }
  }
}

/** `'…' % value` with `%s`, `%d`, `%r` and `%%`. */
function formatted(format: string, value: Value): string {
  const values = value instanceof Tuple ? [...value.items] : [value];
  const text = format.replace(/%([\s\S])?/g, (all, letter: string = '') => {
    if (letter === '%') return '%';
    const next = values.shift();
    if (next === undefined) throw new TemplateFailure('too few values for a format');
    if (letter === 's') return str(next);
    if (letter === 'r') return repr(next);
    const number = numeric(next);
    if (letter === 'd' && typeof number === 'bigint') return number.toString();
    throw new TemplateFailure(`the format ${all} is not supported`);
  });
  const unused = value instanceof Dict || value instanceof List ? [] : values;
  if (unused.length > 0) throw new TemplateFailure('too many values for a format');
  return text;
}

export function unary(operator: string, value: Value): Value {
  const number = numeric(value);
  if (number === undefined) throw new TemplateFailure(`${operator}${typeOf(value)} is not supported`);
  return operator === '-' ? -number : number;
}
