/** `tojson` of transformers: Python's `json.dumps`. */

import { TemplateFailure } from '../budget.js';
import { compareText, floatText } from './text.js';
import { Dict, List, Markup, Tuple, typeOf, type Value } from './values.js';

export interface JsonOptions {
  readonly asciiOnly: boolean;
  /** Undefined: everything on one line. */
  readonly indent: string | undefined;
  readonly separators: readonly [item: string, key: string];
  readonly sortKeys: boolean;
}

export function json(value: Value, options: JsonOptions, depth = 0): string {
  const { indent, separators, sortKeys } = options;
  const around = (open: string, close: string, parts: readonly string[]) => {
    if (parts.length === 0) return open + close;
    if (indent === undefined) return open + parts.join(separators[0]) + close;
    const line = `\n${indent.repeat(depth + 1)}`;
    return `${open}${line}${parts.join(separators[0] + line)}\n${indent.repeat(depth)}${close}`;
  };
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return value.toString();
  if (typeof value === 'number')
    return { inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN' }[floatText(value)] ?? floatText(value);
  if (typeof value === 'string') return jsonText(value, options.asciiOnly);
  if (value instanceof Markup) return jsonText(value.text, options.asciiOnly);
  if (value instanceof List || value instanceof Tuple) {
    return around(
      '[',
      ']',
      value.items.map((item) => json(item, options, depth + 1)),
    );
  }
  if (value instanceof Dict) {
    const entries = [...value.entries];
    if (sortKeys) entries.sort(([a], [b]) => orderOfKeys(a, b));
    const parts = entries.map(
      ([key, item]) =>
        jsonText(key.toString(), options.asciiOnly) + separators[1] + json(item, options, depth + 1),
    );
    return around('{', '}', parts);
  }
  throw new TemplateFailure(`${typeOf(value)} has no JSON`);
}

function orderOfKeys(a: string | bigint, b: string | bigint): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : 1;
  throw new TemplateFailure('keys of several types have no order');
}

function jsonText(text: string, asciiOnly: boolean): string {
  const json = JSON.stringify(text);
  if (!asciiOnly) return json;
  return json.replace(/[\x7f-\uffff]/g, (c) =>
    c === '\x7f' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
