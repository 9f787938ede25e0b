import { parse, stringify } from 'yaml';

/** The fields of a model card's front matter. Undefined ones are left out. */
export type FrontMatter = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Writes front matter: YAML between two lines `---`. Values that YAML 1.1 or 1.2 reads as something other than text are
 * quoted, because the Hub and Python read different versions.
 */
export function writeFrontMatter(fields: FrontMatter): string {
  const yaml = stringify(fields, {
    compat: 'yaml-1.1',
    indentSeq: false,
    lineWidth: 0,
    blockQuote: false,
    keepUndefined: false,
  });
  return `---\n${yaml}---`;
}

/**
 * Reads the front matter of a README.md: fields with one text, or a list of texts. Numbers and dates are returned as
 * they are written. Anything deeper is left out. Front matter that is not YAML is read as empty.
 */
export function readFrontMatter(readme: string): Readonly<Record<string, readonly string[]>> {
  const block = /^\ufeff?---\r?\n([\s\S]*?)(?:^|\r?\n)---[ \t]*(?:\r?\n|$)/.exec(readme)?.[1] ?? '';
  const fields: Record<string, readonly string[]> = {};
  for (const [key, value] of Object.entries(parsed(block))) {
    const texts = (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
    if (texts.length > 0) fields[key] = texts;
  }
  return fields;
}

/** The failsafe schema has no types but text, so `license: 1.0` and `language: no` stay as they are written. */
function parsed(yaml: string): Record<string, unknown> {
  try {
    const value: unknown = parse(yaml, { schema: 'failsafe', maxAliasCount: 0, logLevel: 'error' });
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
