/** Strings, or the numbers of JSON and the three that Python's `json` adds. */
const TOKENS = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\d[\d.eE+-]*|(?:NaN|-?Infinity)(?!\s*:)/g;
/** Stands before the text of a number in a parsed document. No JSON string of a model begins with it. */
const MARK = '\u0000number:';

/** Fields of config.json that Python reads as floats. */
const FLOATS = new Set(
  ['rope_theta', 'rms_norm_eps', 'factor', 'low_freq_factor', 'high_freq_factor', 'initializer_range'].concat(
    ['attention_factor', 'beta_fast', 'beta_slow', 'mscale', 'partial_rotary_factor'],
    ['attn_logit_softcapping', 'final_logit_softcapping'],
  ),
);

/** `JSON.parse` that also reads NaN, Infinity and -Infinity, which Python's `json` writes. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    const replaced = text.replace(TOKENS, (token) =>
      isSpecial(token) ? JSON.stringify(MARK + token) : token,
    );
    return JSON.parse(replaced, (_key, value: unknown) => {
      const special = numberText(value);
      return special === undefined ? value : Number(special);
    });
  }
}

/**
 * A value as JSON with an indent of two spaces. Its numbers are written as in `original`: `10000.0` and `1e-05`, which
 * JavaScript would write as `10000` and `0.00001`, and Python would read as another type. A number that moved to another
 * place keeps its text if its key stays the same.
 *
 * @param original JSON text that the value was made from. Default: none.
 */
export function stringifyLike(value: unknown, original?: string): string {
  const texts = original === undefined ? undefined : numberTexts(original);
  const byKey = new Map<string, string>();
  collect(texts, '', byKey);
  return write(value, texts, '', '', byKey);
}

const isSpecial = (token: string): boolean => /^-?[NI]/.test(token);

const numberText = (value: unknown): string | undefined =>
  typeof value === 'string' && value.startsWith(MARK) ? value.slice(MARK.length) : undefined;

/** The document with the text of each number in its place. Undefined if it cannot be parsed. */
function numberTexts(text: string): unknown {
  try {
    return JSON.parse(
      text.replace(TOKENS, (token) => (token[0] === '"' ? token : JSON.stringify(MARK + token))),
    );
  } catch {
    return undefined;
  }
}

function collect(texts: unknown, key: string, byKey: Map<string, string>): void {
  const text = numberText(texts);
  if (text !== undefined) byKey.set(`${key}:${Number(text)}`, text);
  if (typeof texts !== 'object' || texts === null) return;
  for (const [name, child] of Object.entries(texts)) collect(child, Array.isArray(texts) ? key : name, byKey);
}

function write(
  value: unknown,
  texts: unknown,
  key: string,
  indent: string,
  byKey: Map<string, string>,
): string {
  if (typeof value === 'number')
    return writeNumber(value, numberText(texts) ?? byKey.get(`${key}:${value}`), key);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  const like = (typeof texts === 'object' && texts !== null ? texts : {}) as Record<string, unknown>;
  const child = (name: string) => (Object.hasOwn(like, name) ? like[name] : undefined);
  const list = Array.isArray(value);
  const parts = list
    ? value.map((item: unknown, i) => write(item, child(String(i)), key, inner, byKey))
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(
          ([name, member]) => `${JSON.stringify(name)}: ${write(member, child(name), name, inner, byKey)}`,
        );
  const [open, close] = list ? '[]' : '{}';
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}

function writeNumber(value: number, text: string | undefined, key: string): string {
  if (text !== undefined && Object.is(Number(text), value)) return text;
  const plain = String(value); // NaN and Infinity as Python writes them
  return FLOATS.has(key) && /^-?\d+$/.test(plain) ? `${plain}.0` : plain;
}
