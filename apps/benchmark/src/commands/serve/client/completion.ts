import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseJson } from '@grasp/files';
import { ServingError } from '../runtimes/serving-error.js';

/** When the tokens of one answer came, in seconds after the request. */
export interface TimedAnswer {
  readonly first: number;
  readonly last: number;
  readonly tokens: number;
}

/** Part of a chunk of a streamed completion, in the protocol of OpenAI with vLLM's `token_ids`. */
interface Chunk {
  readonly choices?: readonly { readonly token_ids?: readonly number[] | null }[];
  readonly error?: { readonly message?: string };
}

/**
 * Asks a server for a greedy completion that is not ended by a token, and notes when its tokens arrive.
 *
 * @param server its address, such as `http://127.0.0.1:8000`.
 * @throws ServingError if the server refuses or sends fewer tokens.
 */
export async function timedCompletion(
  server: string,
  prompt: readonly number[],
  tokens: number,
  signal?: AbortSignal,
): Promise<TimedAnswer> {
  const body = {
    ...{ model: 'model', prompt, max_tokens: tokens, temperature: 0, stream: true },
    ...{ ignore_eos: true, return_token_ids: true }, // vLLM's names
  };
  const start = performance.now();
  const response = await post(`${server}/v1/completions`, JSON.stringify(body), signal);
  if (response.statusCode !== 200)
    throw new ServingError(`The server answered ${response.statusCode}: ${await text(response)}`);
  let first = 0;
  let last = 0;
  let count = 0;
  for await (const { choices = [], error } of chunks(response)) {
    if (error) throw new ServingError(`The server answered: ${error.message ?? 'an error'}`);
    const got = choices[0]?.token_ids?.length ?? 0;
    if (got === 0) continue;
    last = (performance.now() - start) / 1000;
    if (count === 0) first = last;
    count += got;
  }
  if (count !== tokens) throw new ServingError(`The server sent ${count} tokens of ${tokens}.`);
  return { first, last, tokens };
}

/** Sends a request, and waits for the answer as long as it takes, unlike `fetch`. */
function post(url: string, body: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', headers, ...(signal ? { signal } : {}) };
    request(url, options, resolve).on('error', reject).end(body);
  });
}

/** The JSON documents of a stream of server-sent events. */
async function* chunks(response: IncomingMessage): AsyncGenerator<Chunk, void> {
  let rest = '';
  for await (const part of response.setEncoding('utf8')) {
    const lines = (rest + String(part)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const data = /^data: *(\{.*)/.exec(line)?.[1];
      if (data !== undefined) yield parseJson(data) as Chunk;
    }
  }
}
