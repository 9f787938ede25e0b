/** Numbers and texts in a template. */

import { TemplateFailure } from '../budget.js';

/** A number as the library's parser reads it: a float has a point. */
export function numberText(text: string): string {
  const digits = text.replaceAll('_', '');
  if (/^0\d*[1-9]/.test(digits) && !/[.eExX]/.test(digits)) throw new TemplateFailure(`the number ${text}`);
  if (/^0x/i.test(digits)) return BigInt(digits).toString();
  return /[eE]/.test(digits) && !digits.includes('.') ? digits.replace(/[eE]/, '.0e') : digits;
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{
    n: '\n',
    t: '\t',
    r: '\r',
    b: '\b',
    f: '\f',
    v: '\v',
    a: '\x07',
    '\n': '',
    "'": "'",
    '"': '"',
    '\\': '\\',
  },
};

/** A string literal's text. As in Python, a backslash before another character stands for itself. */
export function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (all, x?: string, u?: string, long?: string, octal?: string, character?: string) => {
      if (character === undefined) {
        const code = octal ? Number.parseInt(octal, 8) : Number.parseInt((x ?? u ?? long)!, 16);
        if (code > 0x10ffff)
          throw new TemplateFailure(`the escape ${all} in a string: no character has this number`);
        return String.fromCodePoint(code);
      }
      if ('xuUN'.includes(character)) throw new TemplateFailure(`the escape \\${character} in a string`);
      return ESCAPES[character] ?? all;
    },
  );
}
