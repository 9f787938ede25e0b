import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp, keptTerminal } from '../../../test/grasp.js';
import { runCommand } from '../../program.js';
import { InterruptedError } from '../../shared/exit-codes.js';

const template =
  "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if messages[0].content == 'no' %}{{ raise_exception('never no') }}{% endif %}assistant:";

/** Starts the command, and waits until it listens. */
async function start(model: string, ...flags: string[]) {
  const stop = new AbortController();
  let listening = (_: string): void => {};
  const url = new Promise<string>((resolve) => {
    listening = resolve;
  });
  const { terminal, said } = keptTerminal({ signal: stop.signal });
  const print = (line: string): void => {
    terminal.print(line);
    listening(/http\S+/.exec(line)![0]);
  };
  const argv = ['serve', model, '--port', '0', '--backend', 'wasm', ...flags];
  const ended = runCommand(argv, { ...terminal, print });
  const failed = ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${said().err}`)));
  const baseURL = await Promise.race([url, failed]);
  failed.catch(() => {});
  const end = (): Promise<number> => {
    stop.abort(new InterruptedError('SIGTERM'));
    return ended;
  };
  return { baseURL, end, said, client: new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 }) };
}

let folder: string;
const at = (name: string) => join(folder, name);
let served: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-serve-'));
  await writeCheckpoint(tinyLlama(), at('plain'));
  const tiny = tinyLlama();
  // So long that no reply fills it before the client leaves.
  const config = { ...tiny.config, max_position_embeddings: 5000 };
  await writeCheckpoint({ ...tiny, config }, at('chatty'));
  await writeFile(at('chatty/tokenizer_config.json'), JSON.stringify({ chat_template: template }));
  served = await start(at('chatty'), '--queue', '2');
});
afterAll(async () => {
  await served.end();
  await rm(folder, { recursive: true });
});

const messages = [{ role: 'user', content: 'Hello' }] as const;
const chat = (more: object = {}) =>
  served.client.chat.completions.create({
    model: 'chatty',
    messages: [...messages],
    max_tokens: 12,
    temperature: 0,
    ...more,
  } as OpenAI.ChatCompletionCreateParamsNonStreaming);
const text = (more: object = {}) =>
  served.client.completions.create({
    model: 'chatty',
    prompt: 'Hello',
    max_tokens: 12,
    temperature: 0,
    ...more,
  } as OpenAI.CompletionCreateParamsNonStreaming);
/** The body of the answer to a raw request. */
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${served.baseURL}${path}`, { method: 'POST', body, headers });

describe('grasp serve, asked by the client of OpenAI', () => {
  it('lists its model', async () => {
    const { data } = await served.client.models.list();
    expect(data).toMatchObject([{ id: 'chatty', object: 'model' }]);
    expect(await served.client.models.retrieve('chatty')).toEqual(data[0]);
    await expect(served.client.models.retrieve('gpt')).rejects.toMatchObject({ status: 404 });
  });

  it('replies as grasp chat does', async () => {
    const { choices, usage, object } = await chat();
    const flags = ['--backend', 'wasm', '--max-tokens', '12', '--temperature', '0', '--quiet'];
    const { out } = await grasp('chat', at('chatty'), '--prompt', 'Hello', ...flags);
    expect(object).toBe('chat.completion');
    expect(choices[0]).toMatchObject({ message: { role: 'assistant' }, finish_reason: 'length' });
    expect(choices[0]!.message.content!.trimEnd()).toBe(out);
    const read = 'user: Hello\nassistant:'.length; // a token a character
    expect(usage).toEqual({ prompt_tokens: read, completion_tokens: 12, total_tokens: read + 12 });
  });

  it('streams the same text, and the usage if asked to', async () => {
    const whole = await chat();
    const stream = await served.client.chat.completions.create({
      ...{ model: 'chatty', messages: [...messages], max_tokens: 12, temperature: 0, stream: true },
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(chunks.map((c) => c.choices[0]?.delta.content ?? '').join('')).toBe(
      whole.choices[0]!.message.content,
    );
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('continues texts and tokens, several in one request', async () => {
    const one = await text();
    expect(one).toMatchObject({ object: 'text_completion', usage: { prompt_tokens: 5 } });
    const two = await text({ prompt: ['Hello', 'And you'] });
    expect(two.choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(two.choices[0]!.text).toBe(one.choices[0]!.text);
    const ids = await text({ prompt: [4, 5, 6] });
    await expect(text({ prompt: [2 ** 32 + 4] })).rejects.toMatchObject({ status: 400, param: 'prompt.0' });
    expect(ids.usage!.prompt_tokens).toBe(3);
  });

  it('ends before a stop string, streamed or not', async () => {
    const [{ text: whole }] = (await text()).choices as [OpenAI.CompletionChoice];
    const stop = whole.slice(5, 7);
    const expected = whole.slice(0, whole.indexOf(stop));
    const [choice] = (await text({ stop })).choices;
    expect(choice).toMatchObject({ text: expected, finish_reason: 'stop' });
    const options = { model: 'chatty', prompt: 'Hello', max_tokens: 12, temperature: 0, stop: ['~~', stop] };
    let streamed = '';
    for await (const { choices } of await served.client.completions.create({ ...options, stream: true }))
      streamed += choices[0]!.text;
    expect(streamed).toBe(expected);
  });

  it('samples the same for the same seed, and others for others', async () => {
    const at = async (seed: number) => (await text({ seed, temperature: 2 })).choices[0]!.text;
    expect(await at(1)).toBe(await at(1));
    expect(await at(1)).not.toBe(await at(2));
    for (const narrow of [{ top_p: 0 }, { top_k: 1 }, { min_p: 1 }])
      expect((await text({ ...narrow, temperature: 2 })).choices).toEqual((await text()).choices);
    for (const all of [{ top_k: 0 }, { top_k: -1 }, { top_k: 1e6 }, { min_p: 0 }])
      expect((await text({ ...all, seed: 1, temperature: 2 })).choices[0]!.text).toBe(await at(1));
  });

  it('accepts fields of other servers that change nothing', async () => {
    const neutral = {
      repetition_penalty: 1,
      min_tokens: 0,
      ignore_eos: false,
      bad_words: [],
      guided_json: null,
    };
    expect((await text(neutral)).choices).toEqual((await text()).choices);
  });

  it('scores tokens', async () => {
    const [choice] = (await chat({ logprobs: true, top_logprobs: 3 })).choices;
    const content = choice!.logprobs!.content!;
    expect(content).toHaveLength(12);
    expect(content.map(({ token }) => token).join('')).toBe(choice!.message.content);
    for (const { logprob, top_logprobs } of content) {
      expect(top_logprobs).toHaveLength(3);
      expect(top_logprobs[0]!.logprob).toBe(logprob); // greedy
    }
    const [scored] = (await text({ logprobs: 2 })).choices;
    expect(scored!.logprobs!.tokens!.join('')).toBe(scored!.text);
    expect(scored!.logprobs!.text_offset).toEqual(scored!.text.split('').map((_, i) => i));
  });

  it('answers in the order of the requests, and refuses those for which there is no place', async () => {
    const order: number[] = [];
    const asked = [0, 1, 2, 3].map((i) => chat({ max_tokens: 20 }).then(() => order.push(i)));
    const results = await Promise.allSettled(asked);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(order).toEqual([0, 1, 2]);
    expect(results[3]).toMatchObject({ reason: { status: 429, code: 'queue_full' } });
  });

  it('stops when the client leaves, and answers the next one', async () => {
    const before = served.said().err.length;
    const stream = await served.client.completions.create({
      ...{ model: 'chatty', prompt: 'Hello', max_tokens: 100_000, temperature: 0, stream: true },
    });
    for await (const _ of stream) break; // leaves
    const leaving = new AbortController();
    const whole = served.client.completions.create(
      { model: 'chatty', prompt: 'Hello', max_tokens: 100_000 },
      { signal: leaving.signal },
    );
    setTimeout(() => leaving.abort(), 100);
    await expect(whole).rejects.toThrow();
    expect((await text()).choices).toHaveLength(1);
    // Only the last request was answered to its end.
    expect(
      served
        .said()
        .err.slice(before)
        .match(/written in/g),
    ).toHaveLength(1);
  });
});

it('says nothing about a client that hangs up while it asks', async () => {
  const before = served.said().err.length;
  const socket = connect(Number(new URL(served.baseURL).port), '127.0.0.1');
  const head = 'POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"prompt": ';
  await new Promise((resolve) => socket.write(head, resolve));
  await new Promise((resolve) => setTimeout(resolve, 100));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await served.client.models.list();
  expect(served.said().err.slice(before)).toBe('');
});

describe('grasp serve refuses', () => {
  it.each([
    ['another model', { model: 'gpt' }, 404, 'model'],
    ['two choices', { n: 2 }, 400, 'n'],
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }, 400, 'tools.0'],
    ['a temperature', { temperature: -1 }, 400, 'temperature'],
    ['a number of tokens', { top_k: -2 }, 400, 'top_k'],
    ['a penalty', { repetition_penalty: 1.1 }, 400, 'repetition_penalty'],
    ['another end', { stop_token_ids: [5] }, 400, 'stop_token_ids.0'],
    ['a grammar', { guided_json: {} }, 400, 'guided_json'],
    ['arguments of the template', { chat_template_kwargs: { thinking: false } }, 400, 'chat_template_kwargs'],
    ['no messages', { messages: [] }, 400, 'messages'],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      400,
      'messages.0.content',
    ],
    ['what the template refuses', { messages: [{ role: 'user', content: 'no' }] }, 400, null],
    [
      'a conversation beyond the context',
      { messages: [{ role: 'user', content: 'x'.repeat(9999) }] },
      400,
      'messages',
    ],
  ])('%s, and names the field', async (_, more, status, param) => {
    const error = await chat(more).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status, param, type: 'invalid_request_error' });
  });

  it('a field that it does not support, and says what it takes', async () => {
    const answer = await post('/completions', '{"prompt": "Hello", "repetition_penalty": 1.1}');
    expect(await answer.json()).toMatchObject({
      error: { message: 'repetition_penalty: it is not supported. Leave it out, or give 1.' },
    });
  });

  it.each([
    ['text that is no JSON', '/completions', '{', 400],
    ['JSON that is nested without end', '/completions', '['.repeat(100_000), 400],
    ['a prompt of nothing', '/completions', '{"prompt": ""}', 400],
    ['ids that are no tokens', '/completions', '{"prompt": [99999999]}', 400],
    ['a large body', '/completions', `{"prompt": "${'x'.repeat(2 ** 20)}"}`, 413],
    ['another endpoint', '/embeddings', '{}', 404],
  ])('%s', async (_, path, body, status) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      error: { message: expect.any(String), code: expect.any(String) },
    });
  });

  it('web pages of other origins, by simple requests too', async () => {
    const body = JSON.stringify({ prompt: 'Hello' });
    const answer = await post('/completions', body, { origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect((await post('/completions', body)).status).toBe(200);
  });
});

it('serves pages of allowed origins, and clients with the key', async () => {
  const flags = ['--allow-origin', 'https://chat.example', '--api-key', 'secret', '--name', 'mine'];
  const { baseURL, end } = await start(at('plain'), ...flags);
  try {
    const origin = 'https://chat.example';
    const preflight = await fetch(`${baseURL}/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect((await fetch(`${baseURL}/models`, { headers: { origin } })).status).toBe(401);
    const client = new OpenAI({ baseURL, apiKey: 'secret', maxRetries: 0 });
    expect((await client.models.list()).data[0]!.id).toBe('mine');
    const ask = client.chat.completions.create({ model: 'mine', messages: [...messages] });
    await expect(ask).rejects.toMatchObject({ status: 400, code: 'no_chat_template' });
  } finally {
    await end();
  }
});

it('ends on SIGTERM while it answers, and tells the client', async () => {
  const { client, end } = await start(at('chatty'));
  const stream = await client.completions.create({
    ...{ model: 'chatty', prompt: 'Hello', max_tokens: 100_000, temperature: 0, stream: true },
  });
  let code: Promise<number> | undefined;
  const read = async () => {
    for await (const _ of stream) code ??= end();
  };
  await expect(read()).rejects.toThrow('shutting down');
  expect(await code).toBe(143);
});

it('names an address that this machine does not have', async () => {
  const flags = ['--host', 'fe80::1', '--port', '0', '--backend', 'wasm', '--quiet'];
  const { code, err } = await grasp('serve', at('plain'), ...flags);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('does not have this address') });
});

it('names a port that is in use', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, err } = await grasp('serve', at('no-model'), '--port', `${port}`); // before a model is read
  other.close();
  expect(code).toBe(2);
  expect(err).toContain(`port ${port}: another process uses this port`);
});
