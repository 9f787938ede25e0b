import type { GgufMetadata } from './gguf-metadata.js';

/**
 * README.md with the front matter that the Hugging Face Hub would show: licence, languages and the repository that the
 * file was made from, as far as its metadata name them. Undefined where they name nothing.
 */
export function ggufReadme(metadata: GgufMetadata): string | undefined {
  const repository = ['general.source.repo_url', 'general.repo_url']
    .map((key) => /^https:\/\/huggingface\.co\/([\w.-]+\/[\w.-]+)\/?$/.exec(metadata.text(key) ?? '')?.[1])
    .find((name) => name !== undefined);
  const fields: [string, string | undefined][] = [
    ['license', metadata.text('general.license')],
    ['license_name', metadata.text('general.license.name')],
    ['license_link', metadata.text('general.license.link')],
    ['language', list(metadata.texts('general.languages'))],
    ['base_model', repository],
  ];
  const lines = fields.flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${oneLine(value)}`]));
  return lines.length === 0 ? undefined : `---\n${lines.join('\n')}\n---\n`;
}

const list = (values: readonly string[] | undefined) => values && `[${values.join(', ')}]`;

/** A line end in a value would begin another field. */
const oneLine = (value: string): string => value.replace(/\s+/g, ' ').trim();
