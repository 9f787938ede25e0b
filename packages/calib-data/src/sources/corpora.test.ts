import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { collect } from '../../test/collect.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { type CorpusName, corpus, evaluationSplit, hubText } from './corpora.js';
import { splitFiles, withoutGaps } from './split-files.js';

const lines = (...texts: string[]) => texts.map((text) => `${JSON.stringify({ text })}\n`).join('');

test('splitFiles knows the layouts of the hub', () => {
  const wikitext = [
    'wikitext-2-v1/test-00000-of-00001.parquet',
    'wikitext-2-raw-v1/test-00000-of-00001.parquet',
  ];
  expect(splitFiles(wikitext, 'test', 'wikitext-2-raw-v1')).toEqual([wikitext[1]]);
  expect(splitFiles(['penn_treebank/test/0000.parquet', 'penn_treebank/train/0000.parquet'], 'test')).toEqual(
    ['penn_treebank/test/0000.parquet'],
  );
  const c4 = ['en/c4-validation.00001-of-00008.json.gz', 'en/c4-validation.00000-of-00008.json.gz'];
  expect(splitFiles([...c4, 'en/c4-train.00000-of-01024.json.gz'], 'validation', 'en')).toEqual([
    c4[1],
    c4[0],
  ]);
  expect(splitFiles(['README.md', 'latest.jsonl', 'test.csv'], 'test')).toEqual([]);
});

test('a folder laid out like the hub stands in for it', async () => {
  await using temporary = await temporaryFolder({
    'wikitext-2-raw-v1/test-00000-of-00002.jsonl': lines('', ' = A = \n'),
    'wikitext-2-raw-v1/test-00001-of-00002.jsonl': lines(' b \n'),
    'wikitext-2-raw-v1/train-00000-of-00001.jsonl': lines('no'),
  });
  const { folder } = temporary;
  expect(await collect(corpus('wikitext2', 'test', { folder }).rows())).toEqual(['', ' = A = \n', ' b \n']);
  await expect(collect(corpus('wikitext2', 'validation', { folder }).rows())).rejects.toThrow(
    /no JSON Lines or Parquet file for split "validation" of configuration "wikitext-2-raw-v1"/,
  );
  await expect(collect(corpus('ptb', 'test', { folder: `${folder}/none` }).rows())).rejects.toThrow(
    /no such folder/,
  );
});

test('a split is read to its end, or up to a file that is missing', async () => {
  await using temporary = await temporaryFolder({
    'en/c4-train.00000-of-00003.jsonl': lines('a', 'b'),
    'en/c4-train.00002-of-00003.jsonl': lines('c'),
  });
  const rows = corpus('c4', 'train', { folder: temporary.folder }).rows()[Symbol.asyncIterator]();
  expect([(await rows.next()).value, (await rows.next()).value]).toEqual(['a', 'b']);
  await expect(rows.next()).rejects.toThrow('split "train" has 3 files; file 2 of them is not in');
  const missing = (found: number, all: number) => new Error(`${found} of ${all}`);
  expect([...withoutGaps(['a-00001-of-00002', 'a-00002-of-00002', 'b'], missing)]).toHaveLength(3);
  expect(() => [...withoutGaps(['a-00000-of-00002'], missing)]).toThrow('1 of 2');
  expect(() => [...withoutGaps(['a-00003-of-00004'], missing)]).toThrow('0 of 4');
});

test('unknown names and splits are refused', () => {
  expect(() => corpus('wikitext3' as CorpusName, 'test')).toThrow(/one of wikitext2, ptb, c4/);
  expect(() => corpus('c4', 'test')).toThrow(/one of train, validation/);
  expect(evaluationSplit('c4')).toBe('validation');
});

test('offline without a copy is an error that says so', async () => {
  await using temporary = await temporaryFolder();
  const source = hubText({ id: 'a/b', split: 'test' }, 'text', { offline: true, cacheDir: temporary.folder });
  await expect(collect(source.rows())).rejects.toMatchObject({
    code: 'GRASP_DATA_SET',
    dataset: 'a/b',
  });
});

test('fetches from the hub once, then reads the copy; keeps the token out of messages', async () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const content = Buffer.from(lines('from', 'the hub'));
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`);
    const { url = '', headers } = request;
    const json = (value: unknown) => response.end(JSON.stringify(value));
    if (headers.authorization !== 'Bearer hf_secret') {
      response.statusCode = 401;
      response.end();
    } else if (url.startsWith('/api/datasets/a/b/revision/main')) json({ _id: '1', id: 'a/b', sha: commit });
    else if (url.startsWith(`/api/datasets/a/b/tree/${commit}`))
      json([{ type: 'file', path: 'data/test-00000-of-00001.jsonl', size: content.length, oid }]);
    else if (url === `/datasets/a/b/resolve/${commit}/data/test-00000-of-00001.jsonl`) response.end(content);
    else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using temporary = await temporaryFolder();
  const options = { endpoint, cacheDir: temporary.folder, offline: false };
  const read = (more: object) =>
    collect(hubText({ id: 'a/b', split: 'test' }, 'text', { ...options, ...more }).rows());
  try {
    const refused = await read({ token: 'hf_wrong' }).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'GRASP_DATA_SET' });
    expect(String(refused)).not.toContain('hf_wrong');

    expect(await read({ token: 'hf_secret' })).toEqual(['from', 'the hub']);
    const fetched = requests.filter((request) => request.includes('resolve')).length;
    expect(await read({ token: 'hf_secret' })).toEqual(['from', 'the hub']);
    expect(requests.filter((request) => request.includes('resolve'))).toHaveLength(fetched);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  expect(await read({ offline: true })).toEqual(['from', 'the hub']);
  // Unreachable, and no flag set: the copy serves.
  expect(await read({ token: 'hf_secret' })).toEqual(['from', 'the hub']);
});
