import { checkNesting } from '@grasp/files';
import { HubReplyError } from '../errors.js';
import { LIMITS } from '../limits.js';

/**
 * A `fetch` that sends credentials to the origin of `hubUrl` only. Other servers, such as the storage that the Hub names
 * for uploads, get the request without them. Redirects to another origin drop them too, as the fetch standard demands.
 */
export function ownOriginFetch(inner: typeof fetch, hubUrl: string): typeof fetch {
  const { origin } = new URL(hubUrl);
  return (input, init) => {
    const url = urlOf(input);
    if (url.origin === origin) return inner(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    for (const name of ['authorization', 'cookie', 'proxy-authorization']) headers.delete(name);
    return inner(input, { ...init, headers });
  };
}

/** What {@link boundedFetch} allows in all. */
export interface ReplyLimits {
  readonly pages: number;
  readonly replyBytes: number;
}

/**
 * A `fetch` for the answers of one call to the Hub. It limits their bytes and the pages of listings. A page on another
 * server is refused before it is requested.
 *
 * @throws HubReplyError (the returned function)
 */
export function boundedFetch(
  inner: typeof fetch,
  hubUrl: string,
  { pages, replyBytes }: ReplyLimits = LIMITS,
): typeof fetch {
  const { origin } = new URL(hubUrl);
  const seen = new Set<string>();
  let bytes = 0;
  return async (input, init) => {
    const url = urlOf(input);
    if ((init?.method ?? 'GET') === 'GET') {
      if (url.origin !== origin) throw new HubReplyError(`a page of its list of files is on ${url.host}`);
      if (seen.has(url.href)) throw new HubReplyError('its list of files leads in a circle');
      if (seen.add(url.href).size > pages) {
        throw new HubReplyError(`its list of files has more than ${pages} pages`);
      }
    }
    const response = await inner(input, init);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    // Iterating ends the transfer if the limit is passed.
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      bytes += chunk.length;
      if (bytes > replyBytes) throw new HubReplyError(`its answers have more than ${replyBytes} bytes`);
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    const isJson = response.ok || response.headers.get('content-type')?.startsWith('application/json');
    try {
      if (isJson) checkNesting(body.toString('latin1'));
    } catch (error) {
      throw new HubReplyError(`an answer is ${(error as Error).message}`);
    }
    return answered(response, body);
  };
}

/** The response with its body in memory. */
function answered({ url, status, statusText, headers, body }: Response, content: Uint8Array<ArrayBuffer>) {
  const copy = new Response(body ? content : null, {
    status,
    statusText,
    headers: [...headers],
  });
  return Object.defineProperty(copy, 'url', { value: url });
}

function urlOf(input: Parameters<typeof fetch>[0]): URL {
  return new URL(input instanceof Request ? input.url : input);
}
