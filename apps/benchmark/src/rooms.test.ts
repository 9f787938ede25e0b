import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.ts'),
);

/** The room of a file: `shared`, `commands/NAME`, or undefined for files at the root. */
function roomOf(path: string): string | undefined {
  const [first, second, third] = path.split(sep);
  if (first === 'shared') return 'shared';
  return first === 'commands' && third !== undefined ? `commands/${second}` : undefined;
}

/** Files that a file loads, relative to the source folder: by import, export, import(), or new URL(). */
function loadedBy(path: string, text: string): string[] {
  const specifiers = text.matchAll(/(?:from\s+|import\s*\(?\s*|new URL\(\s*)['"`](\.[^'"`]*)['"`]/g);
  return [...specifiers].map(([, specifier]) => normalize(join(dirname(path), specifier!)));
}

describe('the rooms of this package', () => {
  const loaded = files.flatMap((path) =>
    loadedBy(path, readFileSync(join(source, path), 'utf8')).map((other) => ({ path, other })),
  );

  it('are found', () => {
    expect(new Set(files.map(roomOf))).toContain('commands/reproduce');
    expect(loaded.length).toBeGreaterThan(200);
    const text = `import { a } from '../speed/a.js';\nexport * from "./b.js";\nawait import('./c.js');\nnew URL('./d.js', x);\nimport './e.js'`;
    const commands = join('commands', 'soak');
    expect(loadedBy(join(commands, 'x.ts'), text)).toEqual([
      join('commands', 'speed', 'a.js'),
      ...['b', 'c', 'd', 'e'].map((name) => join(commands, `${name}.js`)),
    ]);
  });

  it('of one command are not used by another command or by the shared rooms', () => {
    const wrong = loaded.filter(({ path, other }) => {
      const [room, otherRoom] = [roomOf(path), roomOf(other)];
      return room !== undefined && otherRoom?.startsWith('commands/') && otherRoom !== room;
    });
    expect(wrong).toEqual([]);
  });
});
