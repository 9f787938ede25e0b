import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';

type Environment = Readonly<Record<string, string | undefined>>;

const off = ['', '0', 'false', 'no', 'off'];

/**
 * The environment variable that forbids the network, if one is set: `GRASP_OFFLINE`, or one of `others`
 * (`HF_HUB_OFFLINE` for what comes from the Hub).
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
 * A `fetch` that goes through the proxies that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name (or the same in small
 * letters), which Node's own ignores before version 24.
 */
export function webFetch(): typeof fetch {
  const dispatcher = new EnvHttpProxyAgent();
  const proxied: typeof undiciFetch = (input, init) => undiciFetch(input, { ...init, dispatcher });
  // The same interface, declared twice: by undici and, in another version, by Node's types.
  return proxied as unknown as typeof fetch;
}
