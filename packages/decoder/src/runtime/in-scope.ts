import type { Scope } from './runtime.js';

/** Wraps an object so that each of its methods runs in a scope. */
export function inScope<O extends object>(object: O, scope: Scope): O {
  return new Proxy(object, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => scope(() => member.apply(target, args));
    },
  });
}
