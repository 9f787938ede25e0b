import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyLlama } from '@grasp/testing';
import { parseTokenizer } from '@grasp/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp } from '../../../../test/grasp.js';
import { endpointCompletions } from './endpoint.js';
import { ownCompletions } from './own-completions.js';
import { ResultsFile, type ResultsOf } from './results-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-humaneval-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('grasp eval humaneval runs nothing without permission', async () => {
  const { code, err } = await grasp('eval', 'humaneval', '/no/such/model');
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('Add --run-generated-code') });
});

it.each([
  ['an output that is the model', [], 'model.gguf', 2, 'is read by the same command'],
  ['an output with the path of a folder', [], 'res/', 2, 'Give the path of a file'],
  ['an output in no folder', [], 'gone/results.jsonl', 5, 'a folder of its path is missing'],
  [
    'an engine for a server',
    ['--endpoint', 'http://a/v1', '--threads', '2'],
    'r.jsonl',
    2,
    'cannot be used with',
  ],
  [
    'an interpreter that is missing, before it opens the model',
    ['--python', '/no/such'],
    'r.jsonl',
    6,
    '/no/such does not run',
  ],
] as const)('grasp eval humaneval refuses %s', async (_, flags, out, exit, hint) => {
  await writeFile(join(folder, 'model.gguf'), '');
  const model = join(folder, 'model.gguf');
  const command = ['eval', 'humaneval', model, '--run-generated-code', '--out', `${folder}/${out}`];
  const { code, err } = await grasp(...command, ...flags);
  expect({ code, err }).toEqual({ code: exit, err: expect.stringContaining(hint) });
});

describe('the file of results', () => {
  const of = { model: 'm', source: 'http://a/v1', maxTokens: 8, seconds: 5 };
  const item = (id: string) => ({
    kind: 'item' as const,
    id,
    completion: 'x\n',
    passed: true,
    outcome: 'passed',
  });

  it('keeps results, each once', async () => {
    const path = join(folder, 'results.jsonl');
    const file = await ResultsFile.open(path, of);
    for (const id of ['a', 'b', 'a']) await file.add(item(id));
    expect((await ResultsFile.open(path, of)).earlier).toEqual([item('a'), item('b')]);
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(3);
  });

  it.each<[ResultsOf, Partial<ResultsOf>, string]>([
    [of, { model: 'n' }, 'results of the model m. Choose another name'],
    [of, { source: 'http://b/v1' }, 'results from http://a/v1. Choose another name'],
    [{ ...of, source: 'ab12' }, { source: 'cd34' }, 'results of other weights. Choose another name'],
    [of, { maxTokens: 9, seconds: 6 }, 'results with --max-tokens 8, with --seconds 5. Choose another name'],
  ])('belongs to one model, source, length and time: %j, then %j', async (first, other, message) => {
    const path = join(folder, 'other.jsonl');
    await rm(path, { force: true });
    await (await ResultsFile.open(path, first)).add(item('a'));
    await expect(ResultsFile.open(path, { ...first, ...other })).rejects.toThrow(message);
  });

  it('cannot have the name of a folder, or lie in a file', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of [folder, join(folder, 'file/results.jsonl')])
      await expect(ResultsFile.open(path, of)).rejects.toMatchObject({ code: 'GRASP_FILE_WRITE', path });
  });

  it.each(['', 'text', '{"a": 1}', '{"model": "m", "maxTokens": 8}\n{"id": 3}'])(
    'is not overwritten when it is another one: %j',
    async (text) => {
      const path = join(folder, 'mine.txt');
      await writeFile(path, text);
      await expect(ResultsFile.open(path, of)).rejects.toThrow('holds no results of HumanEval');
    },
  );
});

describe('completions of a server', () => {
  let server: Server;
  let url: string;
  let asked: { readonly path: string; readonly body: Record<string, unknown> } | undefined;
  let answer: readonly [status: number, body: string];
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      asked = { path: request.url!, body: JSON.parse(text) };
      response.writeHead(answer[0]).end(answer[1]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const complete = (at = url) =>
    endpointCompletions({ url: at, model: 'm', maxTokens: 8 }, new AbortController().signal)('def f():');

  it('are greedy', async () => {
    answer = [200, '{"choices": [{"text": " return 1"}]}'];
    expect(await complete(`${url}/`)).toBe(' return 1');
    expect(asked).toMatchObject({
      path: '/v1/completions',
      body: { model: 'm', prompt: 'def f():', temperature: 0, max_tokens: 8 },
    });
    expect(asked!.body.stop).toHaveLength(4);
  });

  it.each([
    ['a refusal', 404, 'no model m', 'status 404: no model m'],
    ['a page', 200, '<html>', 'is not JSON'],
    ['another answer', 200, '{"choices": []}', 'Is this /v1/completions?'],
  ])('may be %s, which ends the run', async (_, status, body, message) => {
    answer = [status, body];
    await expect(complete()).rejects.toThrow(message);
  });

  it('may not come at all', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise<void>((resolve) => gone.close(() => resolve()));
    const asking = complete(`http://127.0.0.1:${port}/v1`);
    await expect(asking).rejects.toThrow('cannot be reached: connect ECONNREFUSED');
  });
});

it('completions of the own decoder end before other code, and at the length', async () => {
  const tokenizer = parseTokenizer(new TextDecoder().decode(await tinyLlama().files[0]!.read()), 'tiny');
  const says = await tokenizer.encode('  return\ndef g');
  const view = {
    contextLength: 64,
    async *generate(_: Int32Array, { maxTokens }: { readonly maxTokens: number }) {
      yield* says.slice(0, maxTokens);
    },
  };
  const ask = (maxTokens: number) =>
    ownCompletions({ view, tokenizer, ends: [] }, maxTokens, new AbortController().signal)('def f');
  expect(await ask(100)).toBe('  return');
  expect(await ask(4)).toBe('  re');
});
