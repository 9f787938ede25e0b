import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { timedCompletion } from './completion.js';
import { aloneTimes, levelOf, measureLoad } from './measure-load.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Asked {
  readonly prompt: readonly number[];
  readonly max_tokens: number;
}

/** A server that sends `parts` of an event stream for each request, with pauses between them. */
async function standIn(
  parts: (asked: Asked) => readonly string[] | Promise<readonly string[]>,
  status = 200,
): Promise<string> {
  server = createServer(async (request, response) => {
    const asked = (await json(request)) as Asked;
    response.writeHead(status);
    for (const part of await parts(asked)) {
      response.write(part);
      await sleep(5);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const event = (ids: readonly number[]) => `data: ${JSON.stringify({ choices: [{ token_ids: ids }] })}\n\n`;

describe('a timed completion', () => {
  it('counts tokens, also of events that come in pieces or hold several tokens', async () => {
    const [before, after] = [event([8]).slice(0, 11), event([8]).slice(11)];
    const address = await standIn(() => [
      event([]),
      event([5, 6]),
      before,
      after,
      'data: {"choices":[]}\n\ndata: [DONE]\n\n',
    ]);
    const { first, last, tokens } = await timedCompletion(address, [1, 2], 3);
    expect(tokens).toBe(3);
    expect(first).toBeGreaterThan(0.004);
    expect(last).toBeGreaterThan(first);
  });

  it('fails if tokens are missing, and with what the server says', async () => {
    const few = await standIn(() => [event([5])]);
    await expect(timedCompletion(few, [1], 2)).rejects.toThrow('1 tokens of 2');
    server!.close();
    const error = await standIn(() => ['data: {"error":{"message":"no memory"}}\n\n']);
    await expect(timedCompletion(error, [1], 2)).rejects.toMatchObject({
      code: 'GRASP_SERVING',
      message: /no memory/,
    });
    server!.close();
    const refused = await standIn(() => ['too long'], 400);
    await expect(timedCompletion(refused, [1], 2)).rejects.toThrow('400: too long');
  });
});

describe('measureLoad', () => {
  it('has as many requests under way as there are clients, each with a prompt of its own', async () => {
    const prompts: string[] = [];
    let group = 1;
    let arrived = 0;
    let release: (() => void)[] = [];
    /** Lets requests go on when a group of them has come, which fewer clients would wait for without end. */
    const together = () =>
      new Promise<void>((resolve) => {
        release.push(resolve);
        if (++arrived % group !== 0) return;
        for (const go of release) go();
        release = [];
      });
    const address = await standIn(async ({ prompt, max_tokens }) => {
      prompts.push(prompt.join());
      if (prompts.length === 4) [group, arrived] = [4, 0]; // after the first request, and two of one client
      await together();
      return Array.from({ length: max_tokens }, () => event([1]));
    });
    const load = { prompt: 7, tokens: 3, concurrency: [1, 4], requests: 2, threads: 1 };
    const { levels, prefillTokensPerSecond } = await measureLoad(address, load);
    expect(levels.map(({ concurrency }) => concurrency)).toEqual([1, 4]);
    expect(prompts).toHaveLength(1 + 2 + 8);
    expect(new Set(prompts).size).toBe(prompts.length);
    expect(prompts[0]!.split(',')).toHaveLength(7);
    expect(prefillTokensPerSecond).toBeGreaterThan(0);
  });

  it('asks for the speeds of one client if there is no level of one', async () => {
    let asked = 0;
    const address = await standIn(() => {
      asked++;
      return [event([1]), event([1])];
    });
    await measureLoad(address, { prompt: 1, tokens: 2, concurrency: [2], requests: 1, threads: 1 });
    expect(asked).toBe(1 + 2 + 1);
  });

  it('computes speeds from the times of tokens', () => {
    const answers = [
      { first: 1, last: 3, tokens: 5 },
      { first: 2, last: 4, tokens: 5 },
      { first: 5, last: 6, tokens: 5 },
    ];
    expect(aloneTimes({ prompt: 100 }, answers)).toEqual({
      prefillTokensPerSecond: 50,
      decodeTokensPerSecond: 2,
    });
    expect(levelOf(4, answers, 6)).toEqual({
      concurrency: 4,
      requestsPerSecond: 0.5,
      tokensPerSecond: 2.5,
      timeToFirstToken: 2,
    });
  });
});
