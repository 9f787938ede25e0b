import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const GENERATED = new Set(['node_modules', 'dist', '.turbo', 'coverage']);
const SOURCE = /\.(ts|mts|tsx|js|mjs|cjs|py)$/;
const TEST = /\.(test|slow)\.ts$/;

/** Limits of a room: source files of a folder without a README, and lines of a file. Tests are not counted. */
const LIMITS = { files: 12, lines: 250 };

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return GENERATED.has(entry.name) ? [] : sourcesBelow(path);
    return entry.isFile() && SOURCE.test(entry.name) && !TEST.test(entry.name) ? [path] : [];
  });
}

const sources = ['packages', 'apps', 'examples']
  .flatMap((group) => sourcesBelow(join(root, group)))
  .map((path) => relative(root, path).split(sep).join('/'));

/** The folders with more source files than the limit. */
function crowded(paths: readonly string[]): [folder: string, files: number][] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > LIMITS.files);
}

const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

describe('the folders of the repository', () => {
  it('are found', () => {
    expect(sources).toContain('packages/testing/src/index.ts');
    expect(sources).toContain('apps/cli/src/main.ts');
    expect(sources).not.toContain('packages/testing/src/documents/rooms.test.ts');
    expect(sources.length).toBeGreaterThan(400);
  });

  it(`have at most ${LIMITS.files} source files`, () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `a/${i}.ts`);
    expect(crowded(many(LIMITS.files))).toEqual([]);
    expect(crowded(many(LIMITS.files + 1))).toEqual([['a', LIMITS.files + 1]]);
    const unexplained = crowded(sources).filter(([folder]) => !existsSync(join(root, folder, 'README.md')));
    expect(unexplained).toEqual([]);
  });

  it(`have no source file over ${LIMITS.lines} lines`, () => {
    expect([lineCount('a\nb\n'), lineCount('a\nb'), lineCount('')]).toEqual([2, 2, 1]);
    const long = sources.filter((path) => lineCount(readFileSync(join(root, path), 'utf8')) > LIMITS.lines);
    expect(long).toEqual([]);
  });
});
