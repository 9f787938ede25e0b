import { offlineVariable, reasonOf, webFetch, withoutSecrets } from '@grasp/download';
import { HubEndpointError } from '../errors.js';
import { ownOriginFetch } from './guarded-fetch.js';
import { findToken } from './token.js';

/** How to reach the Hub. The environment gives the defaults, as for Python's `huggingface_hub`. */
export interface HubOptions {
  /** Do not use the network. Default: whether `GRASP_OFFLINE` or `HF_HUB_OFFLINE` is set. */
  readonly offline?: boolean;
  /** Default `HF_ENDPOINT`, or https://huggingface.co. */
  readonly endpoint?: string;
  /** Access token. Default `HF_TOKEN`, or the one that `hf auth login` stored. Sent to the endpoint alone. */
  readonly token?: string;
  /** Stops every request. */
  readonly signal?: AbortSignal;
}

/** What every request to the Hub needs, by the names in `@huggingface/hub`. */
export interface HubAccess {
  readonly hubUrl: string;
  readonly accessToken?: string;
  /** Sends credentials to the origin of `hubUrl` only, and stops with the signal of the options. */
  readonly fetch: typeof fetch;
}

/** @throws HubEndpointError */
export async function hubAccess({ endpoint, token, signal }: HubOptions): Promise<HubAccess> {
  const accessToken = token ?? (await findToken());
  const hubUrl = endpointOf(endpoint);
  return {
    hubUrl,
    ...(accessToken ? { accessToken } : {}),
    fetch: ownOriginFetch(stoppedBy(signal, webFetch()), hubUrl),
  };
}

/** A `fetch` whose requests stop with a signal, and with their own. */
function stoppedBy(signal: AbortSignal | undefined, inner: typeof fetch): typeof fetch {
  if (!signal) return inner;
  return (input, init) =>
    inner(input, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) });
}

/** @throws HubEndpointError */
function endpointOf(given: string | undefined): string {
  const stated = given || process.env.HF_ENDPOINT || 'https://huggingface.co';
  const url = URL.canParse(stated) ? new URL(stated) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return stated.replace(/\/+$/, '');
  throw new HubEndpointError(given ? 'The endpoint' : 'HF_ENDPOINT', withoutSecrets(stated));
}

/** Why the network may not be used. Undefined if it may. */
export function whyOffline({ offline }: HubOptions): string | undefined {
  if (offline !== undefined) return offline ? 'fetching is switched off' : undefined;
  const variable = offlineVariable(['HF_HUB_OFFLINE']);
  return variable === undefined ? undefined : `${variable} is set`;
}

/** The message of a failed request, without the token. */
export function explain(error: unknown, { accessToken }: Pick<HubAccess, 'accessToken'>): string {
  return withoutSecrets(reasonOf(error), [accessToken]);
}
