import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { codeIn, linksIn, tablesIn } from './markdown.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const SCOPE = '@grasp/';
const ours = (dependencies: Readonly<Record<string, string>> = {}): string[] =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith(SCOPE))
    .map((name) => name.slice(SCOPE.length))
    .sort();

/** Every package and app, by the name of its folder. */
const manifests = new Map<string, Manifest>(
  ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .filter((name) => existsSync(join(root, group, name, 'package.json')))
      .map((name): [string, Manifest] => [name, JSON.parse(read(`${group}/${name}/package.json`))]),
  ),
);

const page = read('docs/architecture.md');

describe('the dependency order in docs/architecture.md', () => {
  const rows = tablesIn(page, '| package | depends on |').map(
    ([name, stated]) => [codeIn(name!)[0]!, codeIn(stated!).sort()] as const,
  );
  const order = rows.map(([name]) => name);

  it('lists every package and app once', () => {
    expect([...order].sort()).toEqual([...manifests.keys()].sort());
  });

  it.each(rows)('states the dependencies of %s', (name, stated) => {
    const { dependencies, peerDependencies } = manifests.get(name)!;
    expect(stated).toEqual(ours({ ...dependencies, ...peerDependencies }));
  });

  it.each([...manifests])('%s depends only on packages above it', (name, manifest) => {
    const all = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies };
    // Tests of every package use the test support.
    const others = ours(all).filter((dependency) => dependency !== 'testing');
    const place = order.indexOf(name);
    expect(others.filter((dependency) => order.indexOf(dependency) >= place)).toEqual([]);
  });
});

describe('the table "Where is it done?" in docs/architecture.md', () => {
  const places = tablesIn(page, '| task | file or folder |');

  it('has the tasks that a newcomer looks for', () => {
    expect(places.length).toBeGreaterThanOrEqual(8);
  });

  it.each(places)('%s: its paths exist', (_, place) => {
    const paths = codeIn(place!);
    expect(paths.length).toBeGreaterThan(0);
    expect(linksIn(place!)).toEqual(paths.map((path) => `../${path}`));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
