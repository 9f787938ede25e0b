import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const mutants: readonly { file: string; from: string; to: string; tests: string[] }[] = JSON.parse(
  readFileSync(join(root, 'scripts/mutants.json'), 'utf8'),
);
const filesIn = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (path) => `${folder}/${path}`,
      )
    : [];
const tests = ['packages', 'apps']
  .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
  .flatMap((folder) => [...filesIn(`${folder}/src`), ...filesIn(`${folder}/test`)])
  .filter((path) => /\.(test|slow)\.ts$/.test(path));

describe('the mistakes of `npm run mutants`', () => {
  it.each(mutants.map(({ file, from, ...rest }) => [file, from, rest] as const))(
    'can be made: %s, %s',
    (file, from, rest) => {
      expect(existsSync(join(root, file))).toBe(true);
      expect(readFileSync(join(root, file), 'utf8').split(from)).toHaveLength(2);
      expect(rest.to).not.toBe(from);
      for (const name of rest.tests)
        expect(
          tests.some((path) => path.includes(name)),
          name,
        ).toBe(true);
    },
  );
});
