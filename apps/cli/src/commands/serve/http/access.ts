import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { ApiError } from '../protocol/api-error.js';

/** Who may use the server. */
export interface AccessRules {
  /** Names by which the server may be addressed, beside IP addresses and localhost. */
  readonly hosts: readonly string[];
  /** Origins of web pages that may use the server. */
  readonly origins: readonly string[];
  /** Key that clients must send as a bearer token. */
  readonly apiKey?: string | undefined;
}

/** The headers of a request that decide about its access. */
export interface AccessHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * Refuses requests that a web page makes without permission, and requests without the key.
 *
 * A page of another origin says its origin. After DNS rebinding, a page has the server's origin, but its host is then the
 * name of the page's site: so names that are not listed are refused. An IP address cannot be rebound.
 *
 * @throws ApiError 403 for a host or an origin that is not allowed, 401 for a wrong key
 */
export function checkAccess({ host, origin, authorization }: AccessHeaders, rules: AccessRules): void {
  const name = hostName(host);
  if (name === undefined || !isAllowedHost(name, rules.hosts)) {
    const message = `The host "${name ?? ''}" is not served. To allow it, start the server with --allow-host ${name ?? 'NAME'}.`;
    throw new ApiError(403, message, 'host_not_allowed');
  }
  if (origin !== undefined && !rules.origins.includes(origin)) {
    const message = `Web pages of "${origin}" may not use this server. To allow them, start it with --allow-origin ${origin}.`;
    throw new ApiError(403, message, 'origin_not_allowed');
  }
  if (rules.apiKey !== undefined && !sameText(authorization, `Bearer ${rules.apiKey}`)) {
    const message =
      'The API key is missing or wrong. Send the key of --api-key as "Authorization: Bearer KEY".';
    throw new ApiError(401, message, 'invalid_api_key');
  }
}

/** The name in a Host header, without port and brackets. */
function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

const isAllowedHost = (name: string, hosts: readonly string[]): boolean =>
  isIP(name) !== 0 || name === 'localhost' || hosts.some((host) => host.toLowerCase() === name);

/** Compares in a time that does not depend on where the texts differ. */
function sameText(given: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected));
}
