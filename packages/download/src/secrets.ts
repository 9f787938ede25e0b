/**
 * Text for a person, without what must not be shown: passwords in addresses, their queries (a signed link is a key),
 * tokens of the Hugging Face Hub, and the secrets given.
 */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[] = []): string {
  return secrets
    .filter((secret): secret is string => secret !== undefined && secret !== '')
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text)
    .replace(/\bhf_[A-Za-z0-9]+/g, 'hf_***')
    .replace(/\/\/[^/@\s]+@/g, '//***@')
    .replace(/(https?:\/\/[^\s?]+)\?[^\s]+?(?=[.,;:)]*(?:\s|$))/g, '$1?***');
}
