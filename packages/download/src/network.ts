import type { EnvHttpProxyAgent } from 'undici';

type Environment = Readonly<Record<string, string | undefined>>;

const off = ['', '0', 'false', 'no', 'off'];

/**
 * The environment variable that forbids the network: `GRASP_OFFLINE`, or one of `others` (`HF_HUB_OFFLINE` for the Hub).
 * Undefined if none is set.
 */
export function offlineVariable(
  others: readonly string[] = [],
  environment: Environment = process.env,
): string | undefined {
  return ['GRASP_OFFLINE', ...others].find(
    (name) => !off.includes((environment[name] ?? '').trim().toLowerCase()),
  );
}

/**
 * A `fetch` that uses the proxies in `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case. Node's own
 * ignores them before version 24.
 */
export function webFetch(): typeof fetch {
  let dispatcher: EnvHttpProxyAgent | undefined;
  return async (input, init) => {
    const undici = await import('undici'); // on the first request: many commands make none
    dispatcher ??= new undici.EnvHttpProxyAgent();
    // undici and Node's types declare the same interface.
    const proxied = undici.fetch as unknown as (...request: unknown[]) => Promise<Response>;
    return proxied(input, { ...init, dispatcher });
  };
}
