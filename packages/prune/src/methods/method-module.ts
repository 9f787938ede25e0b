import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MethodError } from './errors.js';
import type { PruningMethod } from './pruning-method.js';

/**
 * The method that a module exports by default, or as `method`. The module runs with the rights of this process.
 *
 * @throws MethodError if the module cannot be loaded, or exports no method.
 */
export async function methodFromModule(path: string): Promise<PruningMethod> {
  let module: { readonly default?: unknown; readonly method?: unknown };
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    const { message } = cause as Error;
    throw new MethodError(`${path}: the method cannot be loaded: ${message}.`, { cause });
  }
  const found = (module.default ?? module.method) as Partial<Record<string, unknown>> | undefined;
  const chooses = typeof found?.score === 'function' || typeof found?.mask === 'function';
  if (typeof found?.name === 'string' && typeof found.needs === 'string' && chooses)
    return found as unknown as PruningMethod;
  throw new MethodError(
    `${path}: its default export is no pruning method. Export { name, needs, score(inputs) } or { name, needs, mask(inputs) }.`,
  );
}
