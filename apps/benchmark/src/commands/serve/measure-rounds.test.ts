import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CellStore } from '../../shared/cells/cell-store.js';
import { type Contest, measureRounds, type RoundOptions, serveOnce } from './measure-rounds.js';
import type { Runtime } from './runtimes/runtime.js';
import type { Serving } from './serving.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'grasp-rounds-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** A server that answers with tokens, without a model. */
const SERVER = `
const event = 'data: ' + JSON.stringify({ choices: [{ token_ids: [1] }] }) + '\\n\\n';
require('node:http').createServer((request, response) => {
  if (request.url === '/health') return response.end();
  let body = '';
  request.on('data', (part) => { body += part; }).on('end', () => {
    for (let n = JSON.parse(body).max_tokens; n > 0; n--) response.write(event);
    response.end();
  });
}).listen(Number(process.argv[1]), '127.0.0.1');
`;

/** A runtime that serves nothing but this script. */
const standIn = (name: Runtime['name'], script = ''): Runtime => ({
  ...{ name, description: 'a stand-in', prepare: async (model: string) => model },
  command: async (_model, port) => ({
    ...{ file: process.execPath, arguments: ['-e', script, String(port)], environment: {} },
  }),
  kvCacheBytesPerToken: async () => 64,
});
const models = ['dense', 'pruned'].map((name) => ({
  name,
  path: name,
  identity: name,
  served: name,
  bytes: 1,
}));
const load = { prompt: 4, tokens: 2, concurrency: [1], requests: 1, threads: 1 };
const serving: Serving = {
  ...{ startSeconds: 1, prefillTokensPerSecond: 1, decodeTokensPerSecond: 1, levels: [] },
  kvCacheBytesPerToken: 1,
};

/** Options with a `serve` that notes what it is given. */
function noting(served: string[], more: Partial<RoundOptions> = {}): RoundOptions {
  const serve: RoundOptions['serve'] = async ({ name }, model) => {
    served.push(`${name} ${model.name}`);
    return { ...serving, startSeconds: served.length };
  };
  return { load, rounds: 2, scratch, say: () => {}, serve, ...more };
}
async function all(contests: readonly Contest[], given: RoundOptions) {
  const rounds = [];
  for await (const round of measureRounds(contests, given)) rounds.push(round);
  return rounds;
}

describe('measureRounds', () => {
  it('alternates models, and runtimes from round to round', async () => {
    const served: string[] = [];
    const contests = (['llama.cpp', 'vllm'] as const).map((name) => ({ runtime: standIn(name), models }));
    const rounds = await all(contests, noting(served));
    const once = ['llama.cpp dense', 'llama.cpp pruned', 'vllm dense', 'vllm pruned'];
    expect(served).toEqual([...once, ...once]);
    expect(rounds.map(({ contest }) => contest.runtime.name)).toEqual([
      ...['llama.cpp', 'vllm', 'llama.cpp', 'vllm'],
    ]);
    expect(rounds.map(({ servings }) => servings.map(({ startSeconds }) => startSeconds))).toEqual([
      ...[
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
    ]);
  });

  it('takes up finished rounds, and measures again what has changed', async () => {
    const store = new CellStore(join(scratch, 'cells'));
    const served: string[] = [];
    const contest = { runtime: standIn('vllm'), models };
    const interrupt = new AbortController();
    const run = measureRounds([contest], noting(served, { store, signal: interrupt.signal }));
    const first = await run.next();
    interrupt.abort();
    await expect(run.next()).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(store.folder)).toHaveLength(1);
    served.length = 0;
    const rounds = await all([contest], noting(served, { store }));
    expect(served).toEqual(['vllm dense', 'vllm pruned']);
    expect(rounds[0]!.servings).toEqual(first.value!.servings);
    await all([contest], noting(served, { store, rounds: 1, load: { ...load, tokens: 3 } }));
    expect(served).toHaveLength(4);
  });
});

describe('serveOnce', () => {
  it('measures a server from outside, and ends it', async () => {
    const measured = await serveOnce(standIn('vllm', SERVER), models[0]!, { load, scratch, say: () => {} });
    expect(measured).toMatchObject({ kvCacheBytesPerToken: 64, levels: [{ concurrency: 1 }] });
    if (process.platform === 'linux') expect(measured.residentBytes).toBeGreaterThan(2 ** 20);
  });

  it('fails with the end of what the server printed', async () => {
    const runtime = standIn('vllm', 'console.log("ValueError: no such model"); process.exitCode = 1');
    await expect(serveOnce(runtime, models[0]!, { load, scratch, say: () => {} })).rejects.toMatchObject({
      code: 'GRASP_SERVING',
      message: expect.stringMatching(/dense in vllm: .*\n.*no such model/s),
    });
    const none: Runtime = {
      ...runtime,
      command: async () => ({ file: '/none', arguments: [], environment: {} }),
    };
    await expect(serveOnce(none, models[0]!, { load, scratch, say: () => {} })).rejects.toThrow('ended');
  });
});
