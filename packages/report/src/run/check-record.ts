import type { RunRecord } from '@grasp/prune';

/** Says whether a value has the right form; the text is what was expected. */
interface Rule {
  readonly expected: string;
  fits(value: unknown): boolean;
}

const text: Rule = { expected: 'a string', fits: (value) => typeof value === 'string' };
const amount: Rule = {
  expected: 'a number of at least 0',
  fits: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
};
/** JSON has no NaN and no infinities; such losses and perplexities are written as null. */
const measured: Rule = {
  expected: 'a number or null',
  fits: (value) => value === null || typeof value === 'number',
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Finds the first field of a run record that a report cannot use.
 *
 * @returns a description such as `before.parameters is "many"; expected a number of at least 0`, or undefined
 */
export function recordProblem(record: RunRecord): string | undefined {
  try {
    check(record.model, 'model', text);
    eachOf(record.versions, 'versions', (value, at) => check(value, at, text));
    checkData(record.data);
    listAt(record.budgets, 'budgets').forEach(checkBudget);
    for (const name of ['before', 'after'] as const) checkSizes(record[name], name);
    checkLosses(record.losses);
    eachOf(record.perplexity, 'perplexity', (subject, at) => {
      eachOf(subject, at, (value, place) => check(value, place, measured));
    });
    return undefined;
  } catch (error) {
    if (error instanceof Misfit) return error.message;
    throw error;
  }
}

class Misfit extends Error {
  constructor(at: string, value: unknown, expected: string) {
    const found = value === undefined ? 'missing' : String(JSON.stringify(value)).slice(0, 60);
    super(`${at} is ${found}; expected ${expected}`);
  }
}

function check(value: unknown, at: string, { expected, fits }: Rule): void {
  if (!fits(value)) throw new Misfit(at, value, expected);
}

function objectAt(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new Misfit(at, value, 'an object');
  return value;
}

function listAt(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Misfit(at, value, 'a list');
  return value;
}

function eachOf(value: unknown, at: string, visit: (value: unknown, at: string) => void): void {
  for (const [name, item] of Object.entries(objectAt(value, at))) visit(item, `${at}.${name}`);
}

function checkData(value: unknown): void {
  const { gates, scales, evaluation } = objectAt(value, 'data');
  checkText(gates, 'data.gates');
  checkText(scales, 'data.scales');
  eachOf(evaluation, 'data.evaluation', checkText);
}

function checkText(value: unknown, at: string): void {
  const { fingerprint, description, shape } = objectAt(value, at);
  check(fingerprint, `${at}.fingerprint`, text);
  check(description, `${at}.description`, text);
  listAt(shape, `${at}.shape`).forEach((length, axis) => {
    check(length, `${at}.shape[${axis}]`, amount);
  });
}

function checkBudget(value: unknown, index: number): void {
  const at = `budgets[${index}]`;
  const budget = objectAt(value, at);
  check(budget.name, `${at}.name`, text);
  for (const name of ['limit', 'kept', 'total']) check(budget[name], `${at}.${name}`, amount);
}

function checkSizes(value: unknown, at: string): void {
  const sizes = objectAt(value, at);
  const names: readonly (keyof RunRecord['before'])[] = [
    'parameters',
    'prunableParameters',
    'kvCacheBytesPerToken',
  ];
  for (const name of names) check(sizes[name], `${at}.${name}`, amount);
}

function checkLosses(value: unknown): void {
  const losses = objectAt(value, 'losses');
  for (const name of ['gates', 'scales']) {
    listAt(losses[name], `losses.${name}`).forEach((loss, step) => {
      check(loss, `losses.${name}[${step}]`, measured);
    });
  }
}
