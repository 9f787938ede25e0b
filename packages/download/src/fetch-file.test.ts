import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DownloadError } from './errors.js';
import { type FileSource, fetchFile, type PinnedFile } from './fetch-file.js';

const content = Buffer.from('the content of the file');
const hex = createHash('sha256').update(content).digest('hex');
const pinned: PinnedFile = { bytes: content.length, digest: { algorithm: 'sha256', hex } };

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-fetch-'));
  target = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

const sizeOf = async (path: string) => (await stat(path).catch(() => ({ size: 0 }))).size;

/** A source that continues the partial file, up to `end`, and fails if that is not all. */
function source(name: string, text: Buffer, end = text.length): FileSource & { readonly starts: number[] } {
  const starts: number[] = [];
  const receive = async (partial: string) => {
    const start = await sizeOf(partial);
    starts.push(start);
    await appendFile(partial, text.subarray(start, end));
    if (end < text.length) throw new DownloadError('unreachable', `${name} broke off.`, 'Run again.');
  };
  return { name, receive, starts };
}

it('asks the next source for what the first one did not deliver', async () => {
  const [first, second] = [source('first', content, 5), source('second', content)];
  const failures: string[] = [];
  await fetchFile(pinned, target, [first, second], { onFailure: (name) => failures.push(name) });
  expect(await readFile(target)).toEqual(content);
  expect(second.starts).toEqual([5]);
  expect(failures).toEqual(['first']);
  expect(await readdir(folder)).toEqual(['file']);
});

it('asks the next source for all of it if the first one delivers another file', async () => {
  const second = source('second', content);
  await fetchFile(pinned, target, [source('first', Buffer.from(content).fill(0)), second]);
  expect(second.starts).toEqual([0]);
  expect(await readFile(target)).toEqual(content);
});

it('tells the reasons of all sources, and keeps what came', async () => {
  const sources = [source('first', content, 5), source('second', content, 9)];
  await expect(fetchFile(pinned, target, sources)).rejects.toMatchObject({
    problem: 'unreachable',
    reason: 'first broke off. second broke off.',
  });
  expect(await sizeOf(`${target}.partial`)).toBe(9);
});

it('removes a file of another length, so that the next run starts again', async () => {
  await writeFile(`${target}.partial`, Buffer.concat([content, content]));
  const only = source('only', content);
  await expect(fetchFile(pinned, target, [only])).rejects.toMatchObject({ problem: 'hash-mismatch' });
  await fetchFile(pinned, target, [only]);
  expect(await readFile(target)).toEqual(content);
});

it('asks no other source when the disk is full', async () => {
  const receive = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
  const second = source('second', content);
  const failure = fetchFile(pinned, target, [{ name: 'first', receive }, second]);
  await expect(failure).rejects.toMatchObject({ problem: 'disk-full' });
  expect(second.starts).toEqual([]);
});
