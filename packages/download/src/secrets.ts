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
