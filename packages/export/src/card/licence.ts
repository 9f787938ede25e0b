import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '@grasp/checkpoint';
import { readFrontMatter } from './front-matter.js';

/** What a model's README.md states and the card of a model made from it repeats. */
export interface Origin {
  /** An identifier of the Hugging Face Hub, such as `apache-2.0`. `other` for a licence without one. */
  readonly license?: string;
  readonly licenseName?: string;
  readonly licenseLink?: string;
  readonly languages?: readonly string[];
  /** The model's name on the Hub. */
  readonly baseModel?: string;
}

/**
 * Licence, languages and name of a checkpoint. Licence and languages come from the front matter of README.md, among the
 * checkpoint's files or in its folder, or from a licence file. The name comes from the metadata of a GGUF file, or from
 * the folder in the Hub's cache.
 */
export async function originOf(checkpoint: Pick<Checkpoint, 'source' | 'files'>): Promise<Origin> {
  const own = checkpoint.files.find(({ name }) => name === README);
  const readme = own
    ? new TextDecoder().decode(await own.read())
    : await readFile(join(checkpoint.source, README), 'utf8').catch(() => '');
  const {
    license,
    license_name: name,
    license_link: link,
    language,
    base_model: base,
  } = readFrontMatter(readme);
  // README.md in a folder names the model that the folder's model was made from. That of a GGUF file names the model.
  const baseModel = own ? base?.[0] : nameInCache(checkpoint.source);
  const origin = {
    ...(language === undefined ? {} : { languages: language }),
    ...(name?.[0] === undefined ? {} : { licenseName: name[0] }),
    ...(link?.[0] === undefined ? {} : { licenseLink: link[0] }),
    ...(baseModel === undefined ? {} : { baseModel }),
  };
  if (license?.[0] !== undefined) return { ...origin, license: license[0] };
  const file = checkpoint.files.find((entry) => /^LICEN[SC]E/.test(entry.name));
  return file ? { ...origin, license: 'other', licenseLink: file.name } : origin;
}

const README = 'README.md';

/** `…/models--org--name/snapshots/…` → `org/name` */
function nameInCache(path: string): string | undefined {
  return /models--([^\\/]+)[\\/]snapshots[\\/]/.exec(path)?.[1]?.replace('--', '/');
}
