/** Jinja2's tests: `value is name`, and those that `select` and its kin take. */

import { TemplateFailure } from '../budget.js';
import { str } from '../values/show.js';
import { isLower, isUpper } from '../values/text.js';
import {
  Callable,
  Dict,
  Lazy,
  List,
  Markup,
  numeric,
  Opaque,
  Range,
  Tuple,
  textOf,
  typeOf,
  Undefined,
  unsupported,
  type Value,
  View,
} from '../values/values.js';
import { comparison } from './operators.js';

type Test = (value: Value, argument: Value | undefined) => boolean;

const integer = (value: Value): bigint => {
  const number = numeric(value);
  if (typeof number !== 'bigint') throw new TemplateFailure(`${typeOf(value)} is neither odd nor even`);
  return number;
};
const isSequence = (value: Value) =>
  textOf(value) !== undefined || [List, Tuple, Dict, Range, Undefined].some((Kind) => value instanceof Kind);
const compares =
  (operator: string): Test =>
  (value, argument) => {
    if (argument === undefined) throw new TemplateFailure('a test needs a value to compare with');
    return comparison(operator, value, argument);
  };
const [equals, differs, less, greater] = [compares('=='), compares('!='), compares('<'), compares('>')];
const [atMost, atLeast] = [compares('<='), compares('>=')];

const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  string: (value) => textOf(value) !== undefined,
  mapping: (value) => value instanceof Dict,
  iterable: (value) => isSequence(value) || value instanceof View || value instanceof Lazy,
  sequence: isSequence,
  number: (value) => numeric(value) !== undefined,
  integer: (value) => typeof value === 'bigint',
  float: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  odd: (value) => integer(value) % 2n !== 0n,
  even: (value) => integer(value) % 2n === 0n,
  lower: (value) => isLower(str(value)),
  upper: (value) => isUpper(str(value)),
  callable: (value) => value instanceof Callable || value instanceof Undefined,
  escaped: (value) => value instanceof Markup,
  divisibleby: (value, by) => {
    const divisor = integer(by ?? null);
    if (divisor === 0n) throw new TemplateFailure('division by zero');
    return integer(value) % divisor === 0n;
  },
  in: compares('in'),
  ...{ equalto: equals, eq: equals, '==': equals, ne: differs, '!=': differs },
  ...{ lt: less, '<': less, lessthan: less, gt: greater, '>': greater, greaterthan: greater },
  ...{ le: atMost, '<=': atMost, ge: atLeast, '>=': atLeast },
};

/** @throws TemplateFailure for a test that is not supported */
export function test(name: string, value: Value, argument?: Value): boolean {
  if (!Object.hasOwn(TESTS, name)) throw new TemplateFailure(`the test ${name} is not supported`);
  if (value instanceof Opaque && !/defined$/.test(name)) throw unsupported(`the test ${name}`, value);
  return TESTS[name]!(value, argument);
}
