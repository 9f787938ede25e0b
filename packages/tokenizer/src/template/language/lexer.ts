/**
 * Splits a template into tokens as Jinja2 does with `trim_blocks` and `lstrip_blocks`, the settings of transformers: its
 * rules of white space, line ends, strings and numbers. The tokens are those that the library's parser reads.
 */

import { TemplateFailure } from '../budget.js';
import { stripEnd, WHITE } from '../values/text.js';
import { numberText, unescaped } from './literals.js';

export interface Token {
  readonly type: string;
  readonly value: string;
  /** The innermost bracket around the token, which tells `(a < b) < c` from `a < b < c`. */
  readonly group: number;
}

const SPACES = new RegExp(`[${WHITE}]*`, 'y');
const ONLY_SPACES = new RegExp(`^[${WHITE}]+$`);
const OPENING = /\{[%{#]/g;
const RAW = new RegExp(`[${WHITE}]*raw[${WHITE}]*(-?)%\\}`, 'y');
const END_RAW = new RegExp(`\\{%([-+]?)[${WHITE}]*endraw[${WHITE}]*([-+]?)%\\}`, 'g');
const NAME = /[\p{L}\p{N}_]+/uy;
const NUMBER = /0[xX][\da-fA-F]+|\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?/y;
const STRING = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y;
const OPERATOR = /\*\*|\/\/|[=!<>]=|[-+*/%~<>=.:|,()[\]{}]/y;

const TYPES: Readonly<Record<string, string>> = {
  ...{ '(': 'OpenParen', ')': 'CloseParen', '{': 'OpenCurlyBracket', '}': 'CloseCurlyBracket' },
  ...{
    '[': 'OpenSquareBracket',
    ']': 'CloseSquareBracket',
    ',': 'Comma',
    '.': 'Dot',
    ':': 'Colon',
    '|': 'Pipe',
  },
  ...{ '+': 'AdditiveBinaryOperator', '-': 'AdditiveBinaryOperator', '~': 'AdditiveBinaryOperator' },
  ...{ '*': 'MultiplicativeBinaryOperator', '/': 'MultiplicativeBinaryOperator' },
  ...{ '//': 'MultiplicativeBinaryOperator', '%': 'MultiplicativeBinaryOperator' },
  ...{ '**': 'ExponentiationBinaryOperator', '=': 'Equals' },
};
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** @throws TemplateFailure for what Jinja2 does not read either */
export function tokens(template: string): Token[] {
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  return new Lexer(source).run();
}

class Lexer {
  readonly tokens: Token[] = [];
  at = 0;
  groups = 0;
  /** Whether the last tag ended with a line. */
  lineStart = true;

  constructor(readonly source: string) {}

  run(): Token[] {
    while (this.at < this.source.length) {
      OPENING.lastIndex = this.at;
      const found = OPENING.exec(this.source);
      const text = this.source.slice(this.at, found?.index);
      if (!found) {
        this.#push('Text', text);
        break;
      }
      const kind = found[0][1]!;
      const sign = this.#sign(found.index + 2);
      this.#text(text, sign, kind !== '{');
      this.at = found.index + 2 + sign.length;
      if (kind === '#') this.#comment();
      else if (kind === '{') this.#tag('{{', '}}', 'Expression');
      else if (!this.#raw()) this.#tag('{%', '%}', 'Statement');
      this.lineStart = this.source[this.at - 1] === '\n';
    }
    return this.tokens;
  }

  #sign(at: number): string {
    const sign = this.source[at] ?? '';
    return sign === '-' || sign === '+' ? sign : '';
  }

  #push(type: string, value: string, group = 0): void {
    if (type !== 'Text' || value !== '') this.tokens.push({ type, value, group });
  }

  /** The text before a tag, without the white space that the tag takes. */
  #text(text: string, sign: string, isBlock: boolean): void {
    if (sign === '-') {
      this.#push('Text', stripEnd(text));
      return;
    }
    const line = text.lastIndexOf('\n') + 1;
    const indented =
      sign === '' && isBlock && (line > 0 || this.lineStart) && ONLY_SPACES.test(text.slice(line));
    this.#push('Text', indented ? text.slice(0, line) : text);
  }

  #comment(): void {
    const end = this.source.indexOf('#}', this.at);
    if (end < 0) throw new TemplateFailure('a comment does not end');
    const sign = end > this.at ? this.#sign(end - 1) : '';
    this.at = end;
    this.#end(sign, '#}');
  }

  /** Passes the end of a tag and the white space that it takes. */
  #end(sign: string, mark: string): void {
    this.at += mark.length;
    if (sign === '-') this.#spaces();
    else if (sign !== '+' && mark !== '}}' && this.source[this.at] === '\n') this.at++;
  }

  #spaces(): void {
    SPACES.lastIndex = this.at;
    this.at += SPACES.exec(this.source)![0].length;
  }

  /** Reads a raw block. @returns whether there is one here */
  #raw(): boolean {
    RAW.lastIndex = this.at;
    const found = RAW.exec(this.source);
    if (!found) return false;
    this.at = RAW.lastIndex;
    if (found[1] === '-') this.#spaces();
    END_RAW.lastIndex = this.at;
    const end = END_RAW.exec(this.source);
    if (!end) throw new TemplateFailure('a raw block does not end');
    this.lineStart = false;
    this.#text(this.source.slice(this.at, end.index), end[1]!, true);
    this.at = END_RAW.lastIndex - 2;
    this.#end(end[2]!, '%}');
    return true;
  }

  #tag(open: string, close: string, what: string): void {
    const start = this.tokens.length;
    this.#push(`Open${what}`, open);
    const stack: { readonly close: string; readonly group: number }[] = [];
    for (;;) {
      this.#spaces();
      const ends = stack.length === 0 && this.#ending(close);
      if (ends !== false) {
        this.at += ends.length;
        this.#push(`Close${what}`, close);
        this.#end(ends, close);
        break;
      }
      const token = this.#token();
      if (token === undefined) throw new TemplateFailure('a tag does not end, or has an unknown character');
      const group = stack.at(-1)?.group ?? 0;
      if (Object.hasOwn(CLOSING, token.value) && token.type.startsWith('Open')) {
        stack.push({ close: CLOSING[token.value]!, group: ++this.groups });
      } else if (token.type.startsWith('Close') && stack.pop()?.close !== token.value) {
        throw new TemplateFailure(`a ${token.value} closes nothing`);
      }
      const last = this.tokens.at(-1)!;
      if (group > 0 && endsValue(last) && beginsValue(token, last))
        throw new TemplateFailure('a comma is missing');
      this.#push(token.type, token.value, group);
    }
    this.#generation(start);
  }

  /** The sign before the end of a tag, or false if it does not end here. */
  #ending(close: string): string | false {
    const sign = this.#sign(this.at);
    const allowed = sign !== '+' || close === '%}';
    return allowed && this.source.startsWith(close, this.at + sign.length) ? sign : false;
  }

  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  #token(): { readonly type: string; readonly value: string } | undefined {
    const number = this.#match(NUMBER);
    if (number !== undefined) return { type: 'NumericLiteral', value: numberText(number) };
    const name = this.#match(NAME);
    if (name !== undefined) return { type: 'Identifier', value: name };
    const text = this.#match(STRING);
    if (text !== undefined) return { type: 'StringLiteral', value: unescaped(text.slice(1, -1)) };
    const operator = this.#match(OPERATOR);
    if (operator === undefined) return undefined;
    return { type: TYPES[operator] ?? 'ComparisonBinaryOperator', value: operator };
  }

  /** Makes `{% generation %}`, which marks the text of the assistant, a call block: both have a scope of their own. */
  #generation(start: number): void {
    const name = this.tokens[start + 1];
    if (this.tokens.length !== start + 3 || !/^(?:end)?generation$/.test(name?.value ?? '')) return;
    const [open, , close] = this.tokens.splice(start, 3);
    const word = (value: string) => ({ type: 'Identifier', value, group: 0 });
    const begins = name?.value === 'generation';
    const call = [
      word('call'),
      word(GENERATION),
      ...'()'.split('').map((value) => ({ type: TYPES[value]!, value, group: 0 })),
    ];
    this.tokens.push(open!, ...(begins ? call : [word('endcall')]), close!);
  }
}

const WORDS: readonly string[] = ['and', 'or', 'not', 'in', 'is', 'if', 'else'];
const isLiteral = (type: string) => /Literal$/.test(type);
const isName = ({ type, value }: Pick<Token, 'type' | 'value'>) =>
  type === 'Identifier' && !WORDS.includes(value);
const endsValue = (token: Token) => isLiteral(token.type) || isName(token) || /^Close/.test(token.type);
/** Whether a token begins a value, right after another value. The parser would take the two for items of a list. */
const beginsValue = (token: Pick<Token, 'type' | 'value'>, last: Token) =>
  (isLiteral(token.type) && !(token.type === last.type && last.type === 'StringLiteral')) ||
  isName(token) ||
  token.type === 'OpenCurlyBracket' ||
  (token.type === 'OpenParen' && isLiteral(last.type));

/** The macro that stands for `{% generation %}`. No template can name it. */
export const GENERATION = '{generation}';
