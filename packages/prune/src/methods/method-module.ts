import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MethodError } from './errors.js';
import type { PruningMethod } from './pruning-method.js';

/**
 * The method that a module exports by default, or as `method`. The module runs with the rights of this process. Its bytes are
 * the fingerprint of the method; modules that it imports are not part of it.
 *
 * @throws MethodError if the module cannot be loaded, or exports no method. The method throws it in place of errors of its own.
 */
export async function methodFromModule(path: string): Promise<PruningMethod> {
  let module: { readonly default?: unknown; readonly method?: unknown };
  let fingerprint: string;
  try {
    fingerprint = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    const { message } = cause as Error;
    throw new MethodError(`${path}: the method cannot be loaded: ${message}.`, { cause });
  }
  const found = module.default ?? module.method;
  if (isMethod(found)) {
    const named = { name: found.name, needs: found.needs, fingerprint };
    return 'score' in found
      ? { ...named, score: (inputs) => blaming(path, () => found.score(inputs)) }
      : { ...named, mask: (inputs) => blaming(path, () => found.mask(inputs)) };
  }
  throw new MethodError(
    `${path}: its default export is no pruning method. Export { name, needs, score(inputs) } or { name, needs, mask(inputs) }.`,
  );
}

/** Runs code of a module. @throws MethodError that names the module; what Grasp itself threw stays as it is. */
async function blaming<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const { code, name, message = String(cause) } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
    const own = String(code).startsWith('GRASP_') || name === 'AbortError' || name === 'InterruptedError';
    throw own ? cause : new MethodError(`${path}: ${message}`, { cause });
  }
}

function isMethod(found: unknown): found is PruningMethod {
  const { name, needs, score, mask } = (found ?? {}) as Partial<Record<string, unknown>>;
  const chooses = typeof score === 'function' || typeof mask === 'function';
  return typeof name === 'string' && typeof needs === 'string' && chooses;
}
