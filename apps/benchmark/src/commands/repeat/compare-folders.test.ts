import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareFolders } from './compare-folders.js';

it('finds files that differ by a byte, or are in one folder only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-compare-'));
  const write = async (side: string, files: Record<string, string>) => {
    await mkdir(join(folder, side, 'sub'), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, side, name), text);
  };
  try {
    await write('a', { same: 'one', changed: 'one', longer: 'one', 'sub/here': 'x' });
    await write('b', { same: 'one', changed: 'two', longer: 'ones', there: '' });
    const compared = await compareFolders(join(folder, 'a'), join(folder, 'b'));
    expect(Object.fromEntries(compared.map(({ name, equal }) => [name, equal]))).toEqual({
      ...{ same: true, changed: false, longer: false, there: false },
      [join('sub', 'here')]: false,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
