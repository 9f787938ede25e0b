/** Throws unless a value is as it should be. `at` is its place in the document, for the message. */
export type Check = (value: unknown, at: string) => void;

export function misfit(at: string, what: string): Error {
  return new Error(`${at === '' ? 'it' : at} ${what}.`);
}

export const text: Check = (value, at) => {
  if (typeof value !== 'string') throw misfit(at, 'is not text');
};

export const filledText: Check = (value, at) => {
  if (typeof value !== 'string' || value === '') throw misfit(at, 'is not a text of at least one character');
};

export const character: Check = (value, at) => {
  if (typeof value !== 'string' || [...value].length !== 1) throw misfit(at, 'is not one character');
};

export const flag: Check = (value, at) => {
  if (typeof value !== 'boolean') throw misfit(at, 'is not true or false');
};

export const finite: Check = (value, at) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw misfit(at, 'is not a finite number');
};

export function wholeNumber(limit: number): Check {
  return (value, at) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= limit) {
      throw misfit(at, `is not a whole number below ${limit}`);
    }
  };
}

export function oneOf(...allowed: readonly (string | number)[]): Check {
  return (value, at) => {
    if (allowed.some((one) => one === value)) return;
    throw misfit(at, `is ${shown(value)}; supported: ${allowed.map(shown).join(', ')}`);
  };
}

/** Absent or null, or as `check` demands. */
export function optional(check: Check): Check {
  return (value, at) => {
    if (value !== undefined && value !== null) check(value, at);
  };
}

export function list(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) throw misfit(at, 'is not a list');
    for (let i = 0; i < value.length; i++) check(value[i], `${at}[${i}]`);
  };
}

/** An object with the fields given; further ones are not looked at. */
export function record(fields: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    const object = objectAt(value, at);
    for (const [name, check] of Object.entries(fields))
      check(object[name], at === '' ? name : `${at}.${name}`);
  };
}

/** An object used as a map: every value as `check` demands. */
export function mapOf(check: Check): Check {
  return (value, at) => {
    for (const [key, item] of Object.entries(objectAt(value, at))) check(item, `${at}[${shown(key)}]`);
  };
}

/** An object whose `type` is one of those listed, and is as that type demands. */
export function variant(kinds: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    const { type } = objectAt(value, at);
    if (typeof type !== 'string' || !Object.hasOwn(kinds, type)) {
      throw misfit(at, `has type ${shown(type)}; supported: ${Object.keys(kinds).join(', ')}`);
    }
    kinds[type]!(value, at);
  };
}

export function objectAt(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw misfit(at, 'is not an object');
}

function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 60);
}
