import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Specifiers that a source loads at once. Imports of types, and `import()`, are not among them. */
const SPECIFIER = /^(?:import|export)\s(?!type\b)(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]/gm;

/**
 * Names of the packages that a TypeScript file loads before its first line runs, directly or through other files and
 * packages of this repository. Built-in modules are not named.
 */
export function loadedPackages(file: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, specifier] of readFileSync(path, 'utf8').matchAll(SPECIFIER)) {
      if (specifier!.startsWith('node:')) continue;
      if (specifier!.startsWith('.')) {
        visit(join(dirname(path), specifier!.replace(/\.js$/, '.ts')));
        continue;
      }
      const name = specifier!.split('/', specifier!.startsWith('@') ? 2 : 1).join('/');
      packages.add(name);
      const source = name.startsWith('@grasp/') ? sourceOf(specifier!, name, path) : undefined;
      if (source !== undefined) visit(source);
    }
  };
  visit(file);
  return packages;
}

/** The source of a package of this repository, or of one of its entry points. */
function sourceOf(specifier: string, name: string, from: string): string {
  const folder = createRequire(from)
    .resolve.paths(name)!
    .map((path) => join(path, name))
    .find((path) => existsSync(path))!;
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, { readonly '@grasp/source': string }>;
  };
  return join(folder, manifest.exports[`.${specifier.slice(name.length)}`]!['@grasp/source']);
}
