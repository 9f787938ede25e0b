import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertEmpty } from '../files/assert-empty.js';
import { writeFiles } from '../files/write-files.js';
import { CellStore } from './cell-store.js';
import { hashOf } from './hash.js';

let folder: string;
let store: CellStore;
const key = { name: 'dense-ptb', inputs: { model: 'm' }, isComplete: (value: unknown) => value === 7 };
const cell = { engine: 'a test', seconds: 2, value: 7 };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-cells-'));
  store = new CellStore(join(folder, 'cells'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('CellStore', () => {
  it('returns what was written, for the same inputs only', async () => {
    expect(await store.read(key)).toBeUndefined();
    expect(await store.hasAll([key])).toBe(false);
    await store.write(key, cell);
    expect(await store.read(key)).toEqual(cell);
    expect(await store.hasAll([key])).toBe(true);
    const other = { ...key, inputs: { model: 'other' } };
    expect(await store.read(other)).toBeUndefined();
    expect(await store.hasAll([key, other])).toBe(false);
  });

  it('names its folder where that cannot be made', async () => {
    await writeFile(store.folder, '');
    const failure = { code: 'GRASP_FILE_WRITE', path: store.folder };
    await expect(store.write(key, cell)).rejects.toMatchObject(failure);
    await expect(writeFiles(store.folder, { 'a.md': '' })).rejects.toMatchObject(failure);
    await expect(assertEmpty(store.folder)).rejects.toMatchObject(failure);
  });

  it('reads cells of releases that stored no engine', async () => {
    await store.write(key, { seconds: 2, value: 7 });
    expect(await store.read(key)).toEqual({ seconds: 2, value: 7 });
  });

  it('treats a file cut off at any byte as not computed', async () => {
    await store.write(key, cell);
    const [name] = await readdir(store.folder);
    const whole = await readFile(join(store.folder, name!), 'utf8');
    for (let length = 0; length < whole.trimEnd().length; length++) {
      await writeFile(join(store.folder, name!), whole.slice(0, length));
      expect(await store.read(key), `${length} bytes`).toBeUndefined();
    }
    expect(await store.hasAll([key])).toBe(false);
    await store.write(key, cell);
    expect(await store.hasAll([key])).toBe(true);
  });

  it.each([
    'null',
    '[]',
    '{}',
    '"text"',
    '{"seconds":1}',
    '{"seconds":"1","value":7}',
    '{"seconds":1,"value":8}',
    '\0\0\0',
  ])('treats %j as not computed', async (text) => {
    await store.write(key, cell);
    const [name] = await readdir(store.folder);
    await writeFile(join(store.folder, name!), text);
    expect(await store.read(key)).toBeUndefined();
    expect(await store.hasAll([key])).toBe(false);
  });
});

describe('hashOf', () => {
  it('depends on values and on the order of arrays, not on the order of keys', () => {
    expect(hashOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashOf({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]));
    expect(hashOf({ a: 1 })).not.toBe(hashOf({ a: 2 }));
  });
});
