import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { HubStandIn } from '@grasp/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PushOptions, push } from './push.js';
import type { PushEvent } from './push-event.js';

const writer = 'hf_writerWriterWriter';
const reader = 'hf_readerReaderReader';
const large = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const all = ['README.md', 'config.json', ...large];

let hub: HubStandIn;
let folder: string;
beforeEach(async () => {
  for (const name of ['HF_TOKEN', 'HF_ENDPOINT', 'HF_HUB_OFFLINE', 'GRASP_OFFLINE']) vi.stubEnv(name, '');
  hub = await new HubStandIn({ [writer]: 'write', [reader]: 'read' }).start();
  folder = await mkdtemp(join(tmpdir(), 'grasp-push-'));
  vi.stubEnv('HF_HOME', join(folder, '.home'));
  await writeFile(join(folder, 'README.md'), '# A model\n');
  await writeFile(join(folder, 'config.json'), '{}');
  await writeFile(join(folder, large[0]!), randomBytes(40_000));
  await writeFile(join(folder, large[1]!), randomBytes(400_000));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Everything that can be known of each push: events, results, errors with their causes. */
const said: unknown[] = [];

async function run(options: PushOptions = {}, id = 'owner/small') {
  const events: PushEvent[] = [];
  const pushing = push(folder, id, { endpoint: hub.url, token: writer, ...options });
  try {
    for (;;) {
      const { done, value } = await pushing.next();
      said.push(value);
      if (done) return { ...value, events };
      events.push(value);
    }
  } catch (error) {
    said.push(error);
    throw error;
  }
}

const problem = (name: string, code = 'GRASP_PUSH') => expect.objectContaining({ code, problem: name });
const misuse = (name: string) => problem(name, 'GRASP_PUSH_USAGE');

describe('push', () => {
  it('stops between two files while it compares', async () => {
    const stop = new AbortController();
    const pushing = push(folder, 'owner/small', { endpoint: hub.url, token: writer, signal: stop.signal });
    expect((await pushing.next()).value).toMatchObject({ stage: 'compare' });
    stop.abort(new Error('the user stops'));
    await expect(pushing.next()).rejects.toThrow('the user stops');
  });

  it('makes the repository, sends every file and commits once', async () => {
    await mkdir(join(folder, '.git'));
    await writeFile(join(folder, '.git', 'HEAD'), 'not for the Hub');
    await writeFile(join(folder, 'x.safetensors.partial'), 'nor this');
    const { url, commit, files, events } = await run({ private: true, title: 'First' });
    expect({ url, files }).toEqual({ url: `${hub.url}/owner/small`, files: all });
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(hub.files('owner/small')).toEqual(all);
    expect(hub.repositories.get('owner/small')).toMatchObject({ private: true, commits: ['First'] });
    const sent = await readFile(join(folder, large[1]!));
    expect([...hub.storage.values()].some((stored) => stored.equals(sent))).toBe(true);
    const stages = events.map(({ stage }) => stage).filter((stage, i, list) => stage !== list[i - 1]);
    expect(stages).toEqual(['compare', 'hash', 'upload', 'commit']);
    const uploads = events.filter(({ stage }) => stage === 'upload').map(({ done }) => done);
    expect(uploads.length).toBeGreaterThan(5);
    expect(uploads).toEqual([...uploads].sort((a, b) => a - b));
    expect(uploads.at(-1)).toBe(440_000);
  });

  it('goes on after a broken connection: what arrived whole is not sent again', async () => {
    hub.cut = { after: 100_000, others: 1 };
    await expect(run()).rejects.toEqual(problem('interrupted'));
    expect(hub.files('owner/small')).toEqual([]);
    expect(hub.storage.size).toBe(1);
    const before = hub.uploads;
    await run();
    expect(hub.uploads - before).toBe(1);
    expect(hub.files('owner/small')).toEqual(all);
    expect(hub.repositories.get('owner/small')!.commits).toHaveLength(1);
  });

  it('takes a refusal of the storage for a matter of time, not of the token', async () => {
    hub.expired = true;
    await expect(run()).rejects.toEqual(problem('interrupted'));
    hub.expired = false;
    await run();
    expect(hub.files('owner/small')).toEqual(all);
  });

  it('sends nothing that is there, and commits only what changed', async () => {
    await run();
    const before = hub.requests.length;
    expect(await run()).toMatchObject({ files: [] });
    expect(hub.requests.slice(before).filter((request) => /PUT|commit/.test(request))).toEqual([]);
    await writeFile(join(folder, 'README.md'), '# Another\n');
    await writeFile(join(folder, large[0]!), randomBytes(40_000)); // of the same length
    expect(await run()).toMatchObject({ files: ['README.md', large[0]] });
    expect(hub.uploads).toBe(3);
  });

  it('sends long files in parts, as the Hub asks for them', async () => {
    hub.partSize = 35_000;
    const { events } = await run();
    // 40,000 bytes in two parts, 400,000 in twelve: as text, 00010 and 1 would change places.
    const parts = hub.requests.filter((request) => /^PUT .*\/\d{5}$/.test(request));
    expect({ parts: parts.length, all: hub.uploads }).toEqual({ parts: 14, all: 14 });
    const sent = await readFile(join(folder, large[1]!));
    expect([...hub.storage.values()].some((stored) => stored.equals(sent))).toBe(true);
    expect(events.filter(({ stage }) => stage === 'upload').at(-1)?.done).toBe(440_000);
  });

  it('goes on after one of the parts broke off: that file is sent again, the whole one is not', async () => {
    hub.partSize = 150_000;
    hub.cut = { after: 120_000, others: 1 };
    await expect(run()).rejects.toEqual(problem('interrupted'));
    const [whole = '', ...others] = hub.storage.keys();
    expect(others).toEqual([]);
    const before = hub.requests.length;
    await run();
    expect(hub.files('owner/small')).toEqual(all);
    expect(hub.requests.slice(before).filter((request) => request.includes(whole))).toEqual([]);
  });

  it('pushes to a branch, which it makes', async () => {
    expect(await run({ revision: 'half' })).toMatchObject({ url: `${hub.url}/owner/small/tree/half` });
    expect(hub.files('owner/small')).toEqual([]);
    expect(hub.files('owner/small', 'half')).toEqual(all);
    expect(await run({ revision: 'half' })).toMatchObject({ files: [] });
  });

  it('does not publish what was to be private', async () => {
    await run();
    await expect(run({ private: true })).rejects.toThrow('is not private');
    await run({ private: true }, 'owner/secret');
    expect(await run({ private: true }, 'owner/secret')).toMatchObject({ files: [] });
  });

  it('tells a wrong token from one without permission, and from none', async () => {
    await expect(run({ token: 'hf_wrongWrong' })).rejects.toEqual(problem('bad-token'));
    await expect(run({ token: reader })).rejects.toEqual(problem('no-permission'));
    await expect(run({}, 'somebody/else')).rejects.toEqual(problem('no-permission'));
    expect(hub.repositories.size).toBe(0);
  });

  it('asks the Hub nothing without a token, or with what cannot be one', async () => {
    await expect(run({ token: '' })).rejects.toEqual(misuse('no-token'));
    await expect(run({ token: 'secret-of-another-kind' })).rejects.toEqual(misuse('token-form'));
    expect(hub.requests).toEqual([]);
  });

  it('reads the token from the environment or where the login left it', async () => {
    await mkdir(join(folder, '.home'));
    await writeFile(join(folder, '.home', 'token'), `${writer}\n`);
    const options = { endpoint: hub.url };
    expect((await push(folder, 'owner/a', options).next()).value).toMatchObject({ stage: 'compare' });
    vi.stubEnv('HF_TOKEN', 'hf_wrongWrong');
    await expect(push(folder, 'owner/a', options).next()).rejects.toEqual(problem('bad-token'));
  });

  it('uses no network where that is forbidden, and takes whole names only', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(run()).rejects.toEqual(problem('offline'));
    await expect(run({ offline: false }, 'small')).rejects.toEqual(misuse('name'));
    expect(hub.requests).toEqual([]);
  });

  it('stops when aborted', async () => {
    await expect(run({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
    expect(hub.uploads).toBe(0);
  });

  it('never tells a token, to anybody but the Hub', () => {
    const everything = said.map((value) => inspect(value, { depth: 20, showHidden: true })).join('\n');
    expect(said.length).toBeGreaterThan(100);
    for (const secret of [
      writer,
      reader,
      'hf_wrongWrong',
      'secret-of-another-kind',
      'X-Amz-Signature=signed',
    ])
      expect(everything).not.toContain(secret);
  });

  it('sends no token to the storage', async () => {
    await run();
    expect(hub.storageRequests).toHaveLength(2);
    expect(hub.storageRequests.join('\n')).not.toMatch(/hf_|authorization/i);
  });
});
