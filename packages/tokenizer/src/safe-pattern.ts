/**
 * Decides which regular expressions of a tokenizer.json are safe to run.
 *
 * The native engine backtracks. A repetition that is followed by something that can fail is tried again at each length, and
 * then at each start. The splitting patterns in use avoid this: a later alternative takes the same run whole. This module
 * accepts only such patterns. A repeated group must have a fixed length, and references are not allowed.
 */

import { LIMITS } from './limits.js';

/** Properties of a part of a pattern. */
interface Shape {
  /** Open-ended repetitions that are tried again at each length, because something after them can fail. */
  readonly retried: readonly string[];
  /** Open-ended repetitions at the end, with nothing after them that can fail. */
  readonly open: readonly string[];
  /** Number of ways to match at one place, without open-ended repetitions. */
  readonly ways: number;
  /** Length, with counted repetitions written out. */
  readonly size: number;
  readonly fixed: boolean;
  /** Whether a part without a quantifier may match the empty text without looking at it. */
  readonly empty: boolean;
}

/**
 * Patterns that the rules refuse, with the characters whose runs they look at whole at each character. They are harmless in
 * texts whose runs {@link LIMITS} bounds.
 */
export const RUN_PATTERNS: Readonly<Record<string, 'digits' | 'spaces'>> = {
  '(?=(\\d{3})+(?!\\d))': 'digits',
  '\\s+$': 'spaces',
};

const GROUP = /\((?:\?(?:i?:|<?[=!]))?(?!\?)/y;
const ESCAPE =
  /\\(?:[pP]\{\^?\w+\}|x\{[\dA-Fa-f]+\}|x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|[AbBdDhHnrRsStvwWzZ]|[^\w\s])/y;
const QUANTIFIER = /(?:[*+?]|\{(\d*)(,?)(\d*)\})[?+]?/y;

/** Returns why a pattern is not safe, or undefined if it is. */
export function unsafePattern(pattern: string): string | undefined {
  if (pattern.length > LIMITS.patternLength) return `has more than ${LIMITS.patternLength} characters`;
  if (Object.hasOwn(RUN_PATTERNS, pattern)) return undefined;
  try {
    const reader = new PatternReader(pattern);
    const takers: { readonly run: string; readonly alternative: number }[] = [];
    const shapes = reader.sequences(0, (run, alternative) => takers.push({ run, alternative }));
    if (reader.at < pattern.length) return 'has a parenthesis that closes nothing';
    for (const [index, { retried }] of shapes.entries()) {
      const [run] = retried;
      if (run === undefined || takers.some((taker) => taker.run === run && taker.alternative > index))
        continue;
      return `tries ${run} again at each length, and no later alternative takes such a run`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof UnsafePattern) return error.message;
    throw error;
  }
}

class UnsafePattern extends Error {}

class PatternReader {
  at = 0;

  constructor(readonly pattern: string) {}

  #next(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const match = expression.exec(this.pattern);
    if (match) this.at += match[0].length;
    return match;
  }

  /**
   * Reads alternatives up to a closing parenthesis or the end.
   *
   * @param onTaker called for each alternative that takes a run whole
   */
  sequences(depth: number, onTaker: (run: string, alternative: number) => void = () => {}): Shape[] {
    if (depth > LIMITS.patternDepth) throw new UnsafePattern('nests groups too deeply');
    const shapes: Shape[] = [];
    do {
      if (shapes.length > 0) this.at++;
      const { taken, ...shape } = this.#sequence(depth);
      if (taken !== undefined) onTaker(taken, shapes.length);
      shapes.push(shape);
    } while (this.pattern[this.at] === '|');
    return shapes;
  }

  #sequence(depth: number): Shape & { readonly taken: string | undefined } {
    const retried: string[] = [];
    let open: string[] = [];
    let [ways, size] = [1, 0];
    let [fixed, empty, started] = [true, true, false];
    let taken: string | undefined;
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) {
      const start = this.at;
      const atom = this.#atom(depth);
      const text = this.pattern.slice(start, this.at);
      const { least, most } = this.#quantifier();
      const many = most > LIMITS.patternCount && most !== least;
      if (most > 1 && !atom.fixed) throw new UnsafePattern('repeats a group of no fixed length');
      const mayFail = least > 0 && !atom.empty;
      if (mayFail) retried.push(...open.splice(0));
      retried.push(...atom.retried);
      open = [...open, ...atom.open, ...(many ? [text] : [])];
      if (retried.length > 1 || retried.length + open.length > LIMITS.patternRepeats) {
        throw new UnsafePattern('has too many open-ended repetitions in a row');
      }
      if (many && !started && atom.fixed && retried.length === 0 && least < 2) taken = text;
      started ||= least > 0 || many;
      ways *= atom.ways + (least === most ? 0 : many ? 1 : most - least);
      size += atom.size * (many ? Math.max(1, least) : most);
      if (ways > LIMITS.patternWays) throw new UnsafePattern('matches in too many ways');
      if (size > LIMITS.patternLength)
        throw new UnsafePattern('is too long with its repetitions written out');
      fixed &&= atom.fixed && least === most;
      empty &&= !mayFail;
    }
    return { retried, open, ways, size, fixed, empty, taken };
  }

  /** Reads a character, a class, or a group. */
  #atom(depth: number): Shape {
    const one: Shape = { retried: [], open: [], ways: 1, size: 1, fixed: true, empty: false };
    const start = this.pattern[this.at]!;
    if (start === '(') {
      const group = this.#next(GROUP);
      if (!group) throw new UnsafePattern('has a kind of group that is not supported');
      const inner = joined(this.sequences(depth + 1));
      if (this.pattern[this.at++] !== ')') throw new UnsafePattern('has a parenthesis that is not closed');
      if (!/[=!]$/.test(group[0])) return inner;
      // A look ahead takes nothing, so it would look at a run again at each of its characters.
      if (inner.open.length + inner.retried.length > 0) {
        throw new UnsafePattern('looks at runs of any length without taking them');
      }
      return { ...inner, empty: false };
    }
    if (start === '\\') {
      if (!this.#next(ESCAPE)) throw new UnsafePattern('has an escape that is not supported');
      return one;
    }
    if (start === '[') {
      this.#class();
      return one;
    }
    if ('*+?{'.includes(start)) throw new UnsafePattern('repeats nothing');
    this.at += String.fromCodePoint(this.pattern.codePointAt(this.at)!).length;
    return one;
  }

  /** Reads a class in brackets. Classes may contain classes. */
  #class(): void {
    let depth = 0;
    do {
      const character = this.pattern[this.at];
      if (character === undefined) throw new UnsafePattern('has a class that is not closed');
      if (character === '[') depth++;
      if (character === ']') depth--;
      this.at += character === '\\' ? 2 : 1;
    } while (depth > 0);
  }

  #quantifier(): { readonly least: number; readonly most: number } {
    const match = this.#next(QUANTIFIER);
    if (!match) return { least: 1, most: 1 };
    if ('*+?{'.includes(this.pattern[this.at] ?? '-')) throw new UnsafePattern('repeats a repetition');
    const [all, low = '', comma, high = ''] = match;
    if (all.startsWith('?')) return { least: 0, most: 1 };
    if (comma === undefined) return { least: all.startsWith('+') ? 1 : 0, most: Number.POSITIVE_INFINITY };
    const least = Number(low || 0);
    if (comma === '') return { least, most: least };
    return { least, most: high === '' ? Number.POSITIVE_INFINITY : Number(high) };
  }
}

/** The shape of a group with these alternatives. */
function joined(shapes: readonly Shape[]): Shape {
  const longest = (lists: readonly (readonly string[])[]) =>
    lists.reduce((most, list) => (list.length > most.length ? list : most));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    retried: longest(shapes.map(({ retried }) => retried)),
    open: longest(shapes.map(({ open }) => open)),
    ways: sum(shapes.map(({ ways }) => ways)),
    size: sum(shapes.map(({ size }) => size)),
    fixed: shapes.length === 1 && shapes[0]!.fixed,
    empty: shapes.some(({ empty }) => empty),
  };
}
