import type { GgufMetadata } from '../header/metadata.js';
import { GENERAL } from '../keys.js';

/**
 * README.md with front matter as on the Hugging Face Hub: licence, languages and the repository that the file was made
 * from, as far as the metadata name them. Undefined if they name nothing.
 */
export function ggufReadme(metadata: GgufMetadata): string | undefined {
  const repository = [GENERAL.sourceRepoUrl, GENERAL.repoUrl]
    .map((key) => /^https:\/\/huggingface\.co\/([\w.-]+\/[\w.-]+)\/?$/.exec(metadata.text(key) ?? '')?.[1])
    .find((name) => name !== undefined);
  const languages = metadata.texts(GENERAL.languages);
  const fields: [string, string | undefined][] = [
    ['license', scalar(metadata.text(GENERAL.license))],
    ['license_name', scalar(metadata.text(GENERAL.licenseName))],
    ['license_link', scalar(metadata.text(GENERAL.licenseLink))],
    ['language', languages && `[${languages.map(scalar).join(', ')}]`],
    ['base_model', scalar(repository)],
  ];
  const lines = fields.flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]));
  return lines.length === 0 ? undefined : `---\n${lines.join('\n')}\n---\n`;
}

/** Text that YAML reads as itself: identifiers, file names, URLs. */
const PLAIN = /^[A-Za-z][\w./+-]*(:\/\/[\w./+-]+)?$/;
/** Words that YAML 1.1 reads as something other than text. */
const RESERVED = /^(y|n|yes|no|on|off|true|false|null)$/i;

/** A YAML scalar: plain, or as a JSON string, which is a double-quoted scalar once all control characters are escaped. */
function scalar<T extends string | undefined>(value: T): T | string {
  if (value === undefined || (PLAIN.test(value) && !RESERVED.test(value))) return value;
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
