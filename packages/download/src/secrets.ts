/**
 * Hides secrets in a message: passwords in URLs, queries of URLs (a signed link is a key), access tokens of the Hugging
 * Face Hub, and the given secrets.
 */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[] = []): string {
  return secrets
    .filter((secret): secret is string => secret !== undefined && secret !== '')
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text)
    .replace(/\bhf_[A-Za-z0-9]+/g, 'hf_***')
    .replace(/\/\/[^/@\s]+@/g, '//***@')
    .replace(/(https?:\/\/[^\s?]+)\?[^\s]+?(?=[.,;:)]*(?:\s|$))/g, '$1?***');
}

/**
 * A copy of an error to be the cause of another: name, code, message, stack and causes, with the secrets of
 * {@link withoutSecrets} hidden. Errors of libraries also carry requests, answers and URLs. These are left out.
 */
export function errorWithoutSecrets(error: unknown, secrets: readonly (string | undefined)[] = []): unknown {
  if (!(error instanceof Error)) return withoutSecrets(String(error), secrets);
  const copy = new Error(withoutSecrets(error.message, secrets));
  if (error.cause !== undefined) copy.cause = errorWithoutSecrets(error.cause, secrets);
  const { code } = error as { code?: unknown };
  Object.defineProperty(copy, 'name', { value: error.name, enumerable: false });
  Object.defineProperty(copy, 'stack', {
    value: withoutSecrets(error.stack ?? '', secrets),
    enumerable: false,
  });
  return typeof code === 'string' ? Object.assign(copy, { code }) : copy;
}
