import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { HubStandIn, tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { grasp } from '../../../test/grasp.js';

const token = 'hf_writerWriterWriter';
let hub: HubStandIn;
let folder: string;
const at = (name: string) => join(folder, name);
const said: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-push-'));
  vi.stubEnv('HF_TOKEN', token);
  vi.stubEnv('HF_HUB_OFFLINE', '');
  vi.stubEnv('GRASP_OFFLINE', '');
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
  const settings = ['--length', '32', '--blocks', '4', '--epochs', '1', '--backend', 'wasm'];
  const pruned = await grasp(
    'prune',
    at('model'),
    '--calib',
    at('text.txt'),
    '--out',
    at('pruned'),
    ...settings,
  );
  said.push(pruned.out, pruned.err);
});
beforeEach(async () => {
  hub = await new HubStandIn({ [token]: 'write' }).start();
  return () => hub[Symbol.asyncDispose]();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function push(name: string, ...more: string[]) {
  const result = await grasp('push', at(name), 'owner/tiny', '--endpoint', hub.url, ...more);
  said.push(result.out, result.err);
  return result;
}

/** The output with something done to a copy of it. */
async function altered(name: string, alter: (folder: string) => Promise<unknown>): Promise<string> {
  await mkdir(at(name));
  for (const file of await readdir(at('pruned'))) await copyFile(at(`pruned/${file}`), at(`${name}/${file}`));
  await alter(at(name));
  return name;
}

describe('grasp push', () => {
  it('pushes all of an output, and nothing the second time', async () => {
    const first = await push('pruned', '--private');
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining(`${hub.url}/owner/tiny`) });
    expect(first.err).toContain('comparing');
    expect(hub.files('owner/tiny')).toEqual((await readdir(at('pruned'))).sort());
    expect(hub.files('owner/tiny')).toEqual(
      expect.arrayContaining([
        'README.md',
        'config.json',
        'grasp.json',
        'grasp-mask.json',
        'model.safetensors',
      ]),
    );
    const second = await push('pruned', '--quiet');
    expect(second).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Nothing to push') });
  });

  it('goes on after a broken connection when it is run again', async () => {
    hub.cut = { after: 1000, others: 0 };
    const broken = await push('pruned');
    expect(broken).toMatchObject({ code: 5, err: expect.stringContaining('Run the same again') });
    expect(hub.files('owner/tiny')).toEqual([]);
    const { code, out } = await push('pruned', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ url: `${hub.url}/owner/tiny`, commit: expect.any(String) });
  });

  it('refuses what is not a finished output, before any request', async () => {
    const refused = [
      ['model', 'it has no grasp.json'],
      [await altered('x.partial', async () => {}), 'its run is not finished'],
      [await altered('no-card', (path) => rm(join(path, 'README.md'))), 'it has no README.md'],
      [
        await altered('no-run', (path) => writeFile(join(path, 'grasp.json'), '{}')),
        'not the record of a run',
      ],
      [
        await altered('longer', (path) => appendFile(join(path, 'model.safetensors'), 'x')),
        'model.safetensors',
      ],
    ] as const;
    for (const [name, why] of refused) {
      expect(await push(name)).toMatchObject({ code: 3, err: expect.stringContaining(why) });
    }
    expect(hub.requests).toEqual([]);
  });

  it('says what is wrong with a token', async () => {
    vi.stubEnv('HF_TOKEN', 'hf_strangerStranger');
    expect(await push('pruned')).toMatchObject({ code: 5, err: expect.stringContaining('does not know') });
    vi.stubEnv('HF_TOKEN', token);
  });

  it('tells the token to nobody: not in what it says, nor in any file of the output', async () => {
    for (const name of await readdir(at('pruned'))) said.push(await readFile(at(`pruned/${name}`), 'latin1'));
    const everything = said.join('\n');
    expect(everything).toContain('grasp-run');
    expect(everything).not.toMatch(/writerWriter|strangerStranger|X-Amz-Signature=signed/);
  });
});
