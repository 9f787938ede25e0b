import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { linksIn, tablesIn } from './markdown.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('SECURITY.md', () => {
  const promises = tablesIn(read('SECURITY.md'), '| promise | kept by |');

  it('makes its promises in tables', () => {
    expect(promises.length).toBeGreaterThanOrEqual(20);
  });

  it.each(promises)('names what keeps a promise: %s', (_, keepers) => {
    for (const keeper of keepers!.split('<br>')) {
      const [path] = linksIn(keeper);
      const titles = [...keeper.matchAll(/"([^"]+)"/g)].map(([, title]) => title!);
      const source = read(path!);
      expect(path!.endsWith('.ts') && titles.length === 0, `${path}: no test is named`).toBe(false);
      expect({ path, missing: titles.filter((title) => !source.includes(title)) }).toEqual({
        path,
        missing: [],
      });
    }
  });
});
