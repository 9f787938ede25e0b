/** Python's functions on text, where JavaScript's differ. */

import { LIMITS } from '../../limits.js';
import { TemplateFailure } from '../budget.js';

/** What `str.isspace` holds for, as the inside of a character class. JavaScript's `\s` differs in U+001C to U+001F, U+0085 and U+FEFF. */
export const WHITE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const isWhite = new Set(
  Array.from({ length: 0x3001 }, (_, code) => String.fromCharCode(code)).filter((c) =>
    new RegExp(`[${WHITE}]`).test(c),
  ),
);
const LINE_ENDS = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINES = new RegExp(`\\r\\n|[${LINE_ENDS}]`);

/** Without the given characters at its start, or white space. */
export function stripStart(text: string, characters?: string): string {
  const set = characters === undefined ? isWhite : new Set(characters);
  let start = 0;
  for (const character of text) {
    if (!set.has(character)) break;
    start += character.length;
  }
  return text.slice(start);
}

/** Without the given characters at its end, or white space. */
export function stripEnd(text: string, characters?: string): string {
  const set = characters === undefined ? isWhite : new Set(characters);
  let end = text.length;
  while (end > 0) {
    const pair = end > 1 ? String.fromCodePoint(text.codePointAt(end - 2)!) : '';
    const last = pair.length === 2 ? pair : text[end - 1]!;
    if (!set.has(last)) break;
    end -= last.length;
  }
  return text.slice(0, end);
}

export const strip = (text: string, characters?: string): string =>
  stripEnd(stripStart(text, characters), characters);

/** `str.split`: at white space without a separator. */
export function split(text: string, separator: string | undefined, most: number): string[] {
  if (separator === '') throw new TemplateFailure('empty separator');
  const limit = most < 0 ? Number.POSITIVE_INFINITY : most;
  const source = separator === undefined ? stripStart(text) : text;
  const spaces = new RegExp(`[${WHITE}]+`, 'g');
  const parts: string[] = [];
  let from = 0;
  while (parts.length < limit) {
    spaces.lastIndex = from;
    const run = separator === undefined ? spaces.exec(source) : undefined;
    const at = separator === undefined ? (run?.index ?? -1) : source.indexOf(separator, from);
    if (at < 0) break;
    parts.push(source.slice(from, at));
    from = at + (run?.[0] ?? separator!).length;
  }
  if (separator !== undefined || from < source.length) parts.push(source.slice(from));
  return parts;
}

/** `str.rsplit` with a separator. */
export function splitFromEnd(text: string, separator: string, most: number): string[] {
  const parts = split(text, separator, -1);
  if (most < 0 || parts.length <= most + 1) return parts;
  return [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)];
}

export function splitLines(text: string): string[] {
  const lines = text.split(LINES);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** `str.replace`. A negative count is none. */
export function replace(text: string, old: string, by: string, count: number): string {
  if (old === '' && count >= 0)
    throw new TemplateFailure('a counted replacement of nothing is not supported');
  const parts = old === '' ? ['', ...text, ''] : split(text, old, count);
  if (parts.length * by.length > LIMITS.promptCharacters) throw new TemplateFailure('a text is too long');
  return parts.join(by);
}

/** `str.title`: each run of letters begins in upper case. */
export function titleCase(text: string): string {
  return text.replace(/[\p{L}\p{M}]+/gu, (word) => capitalized(word));
}

/** `str.capitalize`. */
export function capitalized(text: string): string {
  const [first = '', ...rest] = text;
  return titled(first) + rest.join('').toLowerCase();
}

/** The title case of a character. JavaScript has none, so those that differ from upper case are refused. */
function titled(character: string): string {
  const upper = character.toUpperCase();
  if ([...upper].length > 1 || /[Ǆ-ǌǱ-ǳა-ჿ\u1f80-\u1fff]/.test(character)) {
    throw new TemplateFailure(`the title case of ${character} is not supported`);
  }
  return upper;
}

/** Compares as Python does: by characters, not by UTF-16 units. */
export function compareText(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const isCased = /[\p{Lowercase}\p{Uppercase}\p{Lt}]/u;
export const isLower = (text: string): boolean => isCased.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
export const isUpper = (text: string): boolean => isCased.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);

/** `repr` of a text. */
export function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (character) => {
    if (character === mark || character === '\\') return `\\${character}`;
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    if (named !== undefined) return named;
    if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
    const code = character.codePointAt(0)!;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000
      ? `\\u${code.toString(16).padStart(4, '0')}`
      : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return mark + escaped.join('') + mark;
}

/** `repr` of a float. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}
