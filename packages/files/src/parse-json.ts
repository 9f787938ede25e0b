/** Limits for untrusted JSON. Each is far above the values in use: a tokenizer has a million lists at a depth of five. */
export const JSON_LIMITS = {
  /** Depth of lists and objects within each other. */
  depth: 128,
  /** Lists and objects in one document. */
  containers: 4_000_000,
} as const;

/**
 * Parses untrusted JSON. `JSON.parse` needs memory for each level of nesting, up to gigabytes for some kilobytes of text, so
 * this function counts the levels first.
 *
 * @throws SyntaxError if the text is not JSON, or passes {@link JSON_LIMITS}
 */
export function parseJson(text: string): unknown {
  checkNesting(text);
  return JSON.parse(text);
}

/**
 * Checks the nesting of JSON text without parsing it. Text that is not JSON may pass.
 *
 * @throws SyntaxError if it passes {@link JSON_LIMITS}
 */
export function checkNesting(text: string): void {
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfString(text, at);
    else if (character === LIST || character === OBJECT) {
      if (++depth > JSON_LIMITS.depth)
        throw new SyntaxError(`nested more than ${JSON_LIMITS.depth} levels deep`);
      if (++containers > JSON_LIMITS.containers) {
        throw new SyntaxError(`more than ${JSON_LIMITS.containers} lists and objects`);
      }
    } else if (character === LIST_END || character === OBJECT_END) depth--;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LIST = 0x5b;
const LIST_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/** The position of the quote that closes a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at++;
    else if (character === QUOTE) return at;
  }
  return text.length;
}
