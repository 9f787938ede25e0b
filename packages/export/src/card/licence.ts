import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '@grasp/checkpoint';

/** What the front matter of a model's README.md says that a model made from it should say too. */
export interface Origin {
  /** An identifier of the Hugging Face Hub, such as `apache-2.0`; `other` for one of its own. */
  readonly license?: string;
  readonly licenseName?: string;
  readonly licenseLink?: string;
  readonly languages?: readonly string[];
  /** The model itself, by its name on the Hub. */
  readonly baseModel?: string;
}

/**
 * The licence and languages of a checkpoint, from the front matter of README.md among its files (a GGUF file's metadata
 * become one) or in its folder, or else from a licence file that travels with it. Its name on the Hub, from the
 * metadata or from where the Hub's cache has it.
 */
export async function originOf(checkpoint: Pick<Checkpoint, 'source' | 'files'>): Promise<Origin> {
  const own = checkpoint.files.find(({ name }) => name === README);
  const readme = own
    ? new TextDecoder().decode(await own.read())
    : await readFile(join(checkpoint.source, README), 'utf8').catch(() => '');
  const { license, license_name: name, license_link: link, language, base_model: base } = frontMatter(readme);
  // A folder's README.md names what that model was made from, the one of a GGUF file the model that it holds.
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

/** Plain values and lists of them between the two lines `---`; anything deeper is left out. */
function frontMatter(text: string): Readonly<Record<string, readonly string[]>> {
  const block = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? '';
  const fields: Record<string, string[]> = {};
  let list: string[] | undefined;
  for (const line of block.split(/\r?\n/)) {
    const item = /^\s*-\s+(.+)$/.exec(line);
    const field = /^([\w-]+):\s*(.*)$/.exec(line);
    if (item) list?.push(unquoted(item[1]!));
    if (!field) continue;
    list = [];
    fields[field[1]!] = list;
    const inline = /^\[(.*)\]$/.exec(field[2]!);
    if (inline) list.push(...inline[1]!.split(',').map(unquoted));
    else if (field[2] !== '') list.push(unquoted(field[2]!));
  }
  return fields;
}

const unquoted = (value: string): string => value.trim().replace(/^(['"])(.*)\1$/, '$2');
