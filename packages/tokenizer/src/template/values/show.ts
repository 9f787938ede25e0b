/** Python's `str` and `repr`. */

import { floatText, quoted } from './text.js';
import { Dict, List, Markup, Range, Tuple, Undefined, unsupported, type Value, View } from './values.js';

/** `str`: what a template prints. */
export function str(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return '';
  return repr(value);
}

export function repr(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return floatText(value);
  if (value instanceof Undefined) return 'Undefined';
  const list = (items: readonly Value[]) => items.map(repr).join(', ');
  if (value instanceof List) return `[${list(value.items)}]`;
  if (value instanceof Tuple)
    return value.items.length === 1 ? `(${repr(value.items[0]!)},)` : `(${list(value.items)})`;
  if (value instanceof Dict) {
    return `{${Array.from(value.entries, ([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`;
  }
  if (value instanceof View) return `${value.kind}([${list(value.items)}])`;
  if (value instanceof Range) {
    const { start, stop, step } = value;
    return `range(${[start, stop, ...(step === 1n ? [] : [step])].join(', ')})`;
  }
  throw unsupported('the text', value);
}
