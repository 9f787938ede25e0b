// The tasks are defined in Python, whose strings are code points and whose white space differs a little.

/** White space by Python's `str.isspace`. Unlike JavaScript's `\s`, it includes U+001C–1F and U+0085, and not U+FEFF. */
const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const LEADING = new RegExp(`^${SPACE}+`);
const TRAILING = new RegExp(`${SPACE}+$`);

/** `text.strip()` */
export function strip(text: string): string {
  return text.replace(LEADING, '').replace(TRAILING, '');
}

/** Splits `text` into `text.rstrip()` and the white space after it. */
export function splitTrailingSpace(text: string): [text: string, space: string] {
  const space = TRAILING.exec(text)?.[0] ?? '';
  return [text.slice(0, text.length - space.length), space];
}

/** `text.capitalize()`: the first character in upper case, all others in lower case. */
export function capitalize(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

/** `len(text)`: code points, not UTF-16 units. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
