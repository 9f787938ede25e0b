import { Undefined, type Value } from '../values/values.js';

/** Variables of a block. An assignment holds in the block alone; names of the blocks around are read as they are then. */
export interface Scope {
  get(name: string): Value;
  set(name: string, value: Value): void;
}

export function scopeIn(outer?: Scope, variables: Readonly<Record<string, Value>> = {}): Scope {
  const own = new Map(Object.entries(variables));
  return {
    get: (name) => (own.has(name) ? own.get(name)! : outer ? outer.get(name) : new Undefined(name)),
    set: (name, value) => {
      own.set(name, value);
    },
  };
}
